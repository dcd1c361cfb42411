import type { Log } from "./log.ts";

/** Work that may fail (a full disk, a folder that is not ours) and is tried again every round: each failure is told once. */
export class Attempts {
  readonly #log: Log;
  readonly #failures = new Map<string, string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Does it; what it throws is told under the name `what`, of which there are few. */
  run(what: string, act: () => void): void {
    try {
      act();
      this.#failures.delete(what);
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      if (this.#failures.get(what) === failure) return;
      this.#failures.set(what, failure);
      this.#log.warn(`${what} cannot be written, it is tried again: ${failure}`);
    }
  }
}
