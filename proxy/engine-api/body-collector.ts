/** Up to here a body's memory is taken at once; beyond it only as bytes really come, whatever a header announces. */
const TAKEN_AT_ONCE_BYTES_MAX = 16 * 1024 * 1024;

/** A body in one chunk needs no second memory. */
const CHUNK_BYTES = 64 * 1024;

/**
 * Collects a body whose length may be announced. Where it is, each chunk is copied once, into its place, and its memory is
 * free at once: a block of megabytes does not stand in memory twice. More bytes than announced are taken as well.
 */
export class BodyCollector {
  readonly #chunks: Buffer[] = [];
  #whole: Buffer | undefined;
  #bytes = 0;

  /** `announced`: the Content-Length as it stands, or undefined. */
  constructor(announced: string | undefined) {
    const length = announced !== undefined && /^\d{1,9}$/.test(announced) ? Number(announced) : 0;
    if (length > CHUNK_BYTES && length <= TAKEN_AT_ONCE_BYTES_MAX) this.#whole = Buffer.allocUnsafeSlow(length);
  }

  /** Bytes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  add(chunk: Buffer): void {
    const whole = this.#whole;
    if (whole !== undefined && this.#bytes + chunk.length <= whole.length) {
      chunk.copy(whole, this.#bytes);
    } else {
      if (whole !== undefined) this.#chunks.push(whole.subarray(0, this.#bytes));
      this.#whole = undefined;
      this.#chunks.push(chunk);
    }
    this.#bytes += chunk.length;
  }

  /** Frees what was collected. */
  clear(): void {
    this.#chunks.length = 0;
    this.#whole = undefined;
    this.#bytes = 0;
  }

  /** The body. */
  whole(): Buffer {
    if (this.#whole !== undefined) return this.#whole.subarray(0, this.#bytes);
    const [first] = this.#chunks;
    return this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks, this.#bytes);
  }
}
