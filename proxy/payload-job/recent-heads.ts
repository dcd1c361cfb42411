/** How many heights are kept: far more than the slack by which a builder may be behind. */
const HEADS_KEPT = 64;

/** The last heads op-node named and the execution client knew, by height: what a builder's head is compared with. */
export class RecentHeads {
  readonly #hashes = new Map<bigint, string>();
  #head: bigint | undefined;

  /** The head from now on. What stood above it belongs to a branch that op-node has left. */
  saw(blockNumber: bigint, blockHash: string): void {
    for (const number of this.#hashes.keys()) {
      if (number > blockNumber || number <= blockNumber - BigInt(HEADS_KEPT)) this.#hashes.delete(number);
    }
    this.#hashes.set(blockNumber, blockHash);
    this.#head = blockNumber;
  }

  /**
   * How many blocks a head is behind, 0 where it is ahead; `other_branch` where another hash is known at its height;
   * undefined while no head of our own is known.
   */
  behind(blockNumber: bigint, blockHash: string): number | "other_branch" | undefined {
    if (this.#head === undefined) return undefined;
    const own = this.#hashes.get(blockNumber);
    if (own !== undefined && own !== blockHash) return "other_branch";
    return Math.max(0, Number(this.#head - blockNumber));
  }
}
