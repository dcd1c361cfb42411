import { type BackoffBounds, backoffMs, type Clock } from "../kubernetes/clock.ts";

/** What the handler wants next: to be called again after a while, or only when the key is added. */
export type HandleResult = {
  readonly requeueAfterMs?: number;
  /** True: when that time has come, whatever else is queued by then goes first. */
  readonly canWait?: boolean;
};

export type WorkQueueOptions = {
  readonly workers: number;
  readonly backoff: BackoffBounds;
};

export type WorkQueueDependencies = {
  handle(key: string, signal: AbortSignal): Promise<HandleResult>;
  /** Called with every error of `handle`, which is then called again after a backoff. */
  failed(key: string, error: unknown, retryAfterMs: number): void;
  readonly clock: Clock;
};

type Entry = {
  state: "waiting" | "queued" | "running";
  /** Added while it ran: what it saw may be old, so it runs once more. */
  addedMeanwhile: boolean;
  failures: number;
  timer: AbortController | undefined;
};

/**
 * Keys to look at. A key is handled by one worker at a time; added many times it is handled once; an error is retried
 * with a backoff of its own. The number of keys is the number of clusters.
 */
export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #dependencies: WorkQueueDependencies;
  readonly #entries = new Map<string, Entry>();
  readonly #queued = new Set<string>();
  /** Keys that can wait, in the same state as the queued ones. */
  readonly #unhurried = new Set<string>();
  readonly #running = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  constructor(options: WorkQueueOptions, dependencies: WorkQueueDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /** Handles the key as soon as a worker is free. */
  add(key: string): void {
    if (this.#closing.signal.aborted) return;
    const entry = this.#entries.get(key) ?? { state: "waiting", addedMeanwhile: false, failures: 0, timer: undefined };
    this.#entries.set(key, entry);
    if (entry.state === "running") {
      entry.addedMeanwhile = true;
      return;
    }
    this.#unhurried.delete(key);
    this.#enqueue(key, entry, this.#queued);
  }

  /** Handles nothing more; what runs is told so, and waited for. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const entry of this.#entries.values()) entry.timer?.abort();
    await Promise.all(this.#running);
  }

  #enqueue(key: string, entry: Entry, queue: Set<string>): void {
    entry.timer?.abort();
    entry.timer = undefined;
    entry.state = "queued";
    queue.add(key);
    this.#startWorkers();
  }

  #next(): string | undefined {
    const queue = this.#queued.size > 0 ? this.#queued : this.#unhurried;
    const key = queue.values().next().value;
    if (key !== undefined) queue.delete(key);
    return key;
  }

  #startWorkers(): void {
    while (this.#running.size < this.#options.workers && !this.#closing.signal.aborted) {
      const key = this.#next();
      if (key === undefined) return;
      const work = this.#work(key).finally(() => {
        this.#running.delete(work);
        this.#startWorkers();
      });
      this.#running.add(work);
    }
  }

  async #work(key: string): Promise<void> {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.state = "running";
    entry.addedMeanwhile = false;
    let again: HandleResult;
    try {
      again = await this.#dependencies.handle(key, this.#closing.signal);
      entry.failures = 0;
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      entry.failures += 1;
      const retryAfterMs = Math.max(
        backoffMs(entry.failures, this.#options.backoff, this.#dependencies.clock.random),
        retryAfterMsOf(error),
      );
      this.#dependencies.failed(key, error, retryAfterMs);
      again = { requeueAfterMs: retryAfterMs };
    }
    entry.state = "waiting";
    if (entry.addedMeanwhile) this.add(key);
    else if (again.requeueAfterMs !== undefined)
      this.#addAfter(key, entry, again.requeueAfterMs, again.canWait === true);
    else this.#entries.delete(key);
  }

  #addAfter(key: string, entry: Entry, delayMs: number, canWait: boolean): void {
    const timer = new AbortController();
    entry.timer = timer;
    void this.#dependencies.clock.sleep(delayMs, timer.signal).then(() => {
      if (!timer.signal.aborted) this.#enqueue(key, entry, canWait ? this.#unhurried : this.#queued);
    });
  }
}

/** An error may say how long the other side wants to be left alone. */
const retryAfterMsOf = (error: unknown): number =>
  typeof error === "object" && error !== null && "retryAfterMs" in error && typeof error.retryAfterMs === "number"
    ? error.retryAfterMs
    : 0;
