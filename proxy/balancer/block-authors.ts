/** A block's verdict comes within its slot; two minutes of 2-second blocks. */
const BLOCKS_KEPT = 64;

/** Whose blocks a balancer handed out, until the verdict on them is known. */
export class BlockAuthors {
  readonly #builders = new Map<string, string>();

  /** A builder's block was handed out. */
  handedOut(blockHash: string, builder: string): void {
    this.#builders.delete(blockHash);
    this.#builders.set(blockHash, builder);
    const oldest = this.#builders.keys().next();
    if (this.#builders.size > BLOCKS_KEPT && oldest.done === false) this.#builders.delete(oldest.value);
  }

  /** Whose block it is; undefined where it is none, and from the second time on: two sequencers' verdicts on it count once. */
  take(blockHash: string): string | undefined {
    const builder = this.#builders.get(blockHash);
    this.#builders.delete(blockHash);
    return builder;
  }
}
