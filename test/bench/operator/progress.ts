const LINE_INTERVAL_MS = 10_000;

/** One line of standard error that says how far it is; where that is no terminal, a line now and then. */
export class Progress {
  #shown = "";
  #lineAtMs = Number.NEGATIVE_INFINITY;

  readonly show = (text: string): void => {
    if (text === this.#shown) return;
    if (!process.stderr.isTTY) {
      if (performance.now() - this.#lineAtMs < LINE_INTERVAL_MS) return;
      this.#lineAtMs = performance.now();
    }
    this.#shown = text;
    process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${text}` : `${text}\n`);
  };

  end(): void {
    if (process.stderr.isTTY && this.#shown !== "") process.stderr.write("\r\x1b[K");
    this.#shown = "";
  }
}
