/** Runs tasks one after the other, at most so many waiting; what is over the bound is dropped. Tasks must not reject. */
export class SerialQueue {
  readonly #waitingMax: number;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  /** Resolves when the task is done or dropped. */
  push(task: () => Promise<void>): Promise<void> {
    if (this.#waiting >= this.#waitingMax) return Promise.resolve();
    this.#waiting += 1;
    this.#last = this.#last.then(task).finally(() => {
      this.#waiting -= 1;
    });
    return this.#last;
  }

  /** Resolves when all that is in it now is done. */
  idle(): Promise<void> {
    return this.#last;
  }
}
