/** What one request holds of the budget. */
export type Hold = {
  /** Takes so many bytes more; false where they are not there, and then nothing was taken. */
  readonly take: (bytes: number) => boolean;
  /** Gives all back. Calling it twice does nothing. */
  readonly release: () => void;
};

/** Bytes that all requests of a port may hold together, so that many of a good size are as harmless as one. */
export class ByteBudget {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Bytes held now. */
  get held(): number {
    return this.#bytes;
  }

  /** Nothing yet, to be taken piece by piece as the bytes arrive. */
  hold(): Hold {
    let mine = 0;
    let isReleased = false;
    return {
      take: (bytes) => {
        if (isReleased || this.#bytes + bytes > this.#bytesMax) return false;
        mine += bytes;
        this.#bytes += bytes;
        return true;
      },
      release: () => {
        isReleased = true;
        this.#bytes -= mine;
        mine = 0;
      },
    };
  }
}
