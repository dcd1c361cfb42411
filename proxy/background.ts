import { setImmediate } from "node:timers/promises";

/** Each piece ends by a deadline of its own within seconds; one block at a time needs a few for each builder. */
const RUNNING_MAX = 128;

/** Work that goes on after a reply. Nothing floats: it is bounded, awaited on close, and its failure is told. */
export class Background {
  readonly #failed: (error: unknown) => void;
  readonly #running = new Set<Promise<void>>();

  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  /** Begins work at once; false, and not begun, while as much as may be is under way. */
  begin(work: () => Promise<void>): boolean {
    if (this.#running.size >= RUNNING_MAX) return false;
    const owned = work()
      .catch(this.#failed)
      .finally(() => this.#running.delete(owned));
    this.#running.add(owned);
    return true;
  }

  /** Tells a fault of our own that was caught elsewhere, however much is under way. */
  fault(error: unknown): void {
    this.#failed(error);
  }

  /** Does a short piece of work as soon as what is being answered now has left; at once where too much is under way. */
  afterReply(work: () => void): void {
    const isBegun = this.begin(async () => {
      await setImmediate();
      work();
    });
    if (!isBegun) work();
  }

  /** Resolves when all that runs has ended. */
  async done(): Promise<void> {
    await Promise.all(this.#running);
  }
}
