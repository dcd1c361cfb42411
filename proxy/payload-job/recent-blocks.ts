/** A block as the newPayload call that brings it to a builder. */
export type KeptBlock = {
  readonly blockHash: string;
  readonly parentHash: string;
  /** The newPayload call, made when it is needed. */
  readonly body: () => Buffer;
  /** What is held in memory for it. */
  readonly bytes: number;
};

/** A builder that was away for longer syncs by its own op-node or its peers. */
const BLOCKS_KEPT = 16;

/** Twelve blocks of the largest size op-conductor takes (V-15). */
const BLOCK_BYTES_MAX = 64 * 1024 * 1024;

/** The last blocks that went through this proxy, so that a job's parent reaches each builder first, whoever built it. */
export class RecentBlocks {
  readonly #blocks = new Map<string, KeptBlock>();
  #bytes = 0;

  /** Keeps a block as the newest. The oldest go first, by count and by bytes. */
  keep(block: KeptBlock): void {
    this.drop(block.blockHash);
    this.#blocks.set(block.blockHash, block);
    this.#bytes += block.bytes;
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= BLOCKS_KEPT && this.#bytes <= BLOCK_BYTES_MAX) return;
      this.drop(oldest);
    }
  }

  /** Forgets a block: the execution client has called it INVALID. */
  drop(blockHash: string): void {
    this.#bytes -= this.#blocks.get(blockHash)?.bytes ?? 0;
    this.#blocks.delete(blockHash);
  }

  /** The blocks up to a head, oldest first, as far back as they are kept and not known. */
  pathTo(headBlockHash: string, isKnown: (blockHash: string) => boolean): readonly KeptBlock[] {
    const path: KeptBlock[] = [];
    let block = isKnown(headBlockHash) ? undefined : this.#blocks.get(headBlockHash);
    while (block !== undefined && path.length < BLOCKS_KEPT) {
      path.unshift(block);
      block = isKnown(block.parentHash) ? undefined : this.#blocks.get(block.parentHash);
    }
    return path;
  }
}
