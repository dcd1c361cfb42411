import type { Clock } from "../../../../operator/kubernetes/clock.ts";

/** A clock that stands still until the test turns it, and chance that always comes out the same. */
export class ManualClock implements Clock {
  readonly #random: number;
  #nowMs = 0;
  #sleepers: { readonly untilMs: number; readonly wake: () => void }[] = [];

  /** `random`: in [0, 1). */
  constructor(random = 0) {
    this.#random = random;
  }

  readonly monotonicMs = (): number => this.#nowMs;

  readonly wallMs = (): number => 1_800_000_000_000 + this.#nowMs;

  readonly random = (): number => this.#random;

  readonly sleep = (ms: number, signal: AbortSignal): Promise<void> => {
    if (signal.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const sleeper = {
      untilMs: this.#nowMs + ms,
      wake: () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      },
    };
    this.#sleepers.push(sleeper);
    signal.addEventListener("abort", sleeper.wake, { once: true });
    return promise;
  };

  /** How long each one who sleeps has left, shortest first. */
  get sleepers(): readonly number[] {
    return this.#sleepers.map(({ untilMs }) => untilMs - this.#nowMs).toSorted((a, b) => a - b);
  }

  /** Lets time pass, and then everyone run whose time has come. */
  async advance(ms: number): Promise<void> {
    this.#nowMs += ms;
    for (const { untilMs, wake } of [...this.#sleepers]) if (untilMs <= this.#nowMs) wake();
    await settled();
  }
}

/** Until everything that waits for no clock has run. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
