/** What a watch does, as told by its reflector. */
export type WatchStep = "list" | "event" | "bookmark" | "failure";

/**
 * Whatever the API server does, a watch ends or is tried again in minutes: the server's own limit is ten, silence counts
 * for 90 s. One that did nothing for longer than this hangs in ourselves.
 */
const STUCK_AFTER_MS = 15 * 60_000;

type Activity = { isSynced: boolean; lastStepAtMs: number };

/** When each watch last did anything. The number of watches is fixed at the start. */
export class WatchActivity {
  readonly #nowMs: () => number;
  readonly #watches = new Map<string, Activity>();

  /** `nowMs` is monotonic. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** A watch that is to be; it is not synced yet. `name` is unique. */
  expect(name: string): void {
    this.#watches.set(name, { isSynced: false, lastStepAtMs: this.#nowMs() });
  }

  stepped(name: string, step: WatchStep): void {
    const activity = this.#watches.get(name);
    if (activity === undefined) return;
    activity.lastStepAtMs = this.#nowMs();
    if (step === "list") activity.isSynced = true;
  }

  /** Those whose first list is not there yet. */
  notSynced(): readonly string[] {
    return [...this.#watches].filter(([, { isSynced }]) => !isSynced).map(([name]) => name);
  }

  /** Those that only a restart can help. */
  stuck(): readonly string[] {
    const sinceMs = this.#nowMs() - STUCK_AFTER_MS;
    return [...this.#watches].filter(([, { lastStepAtMs }]) => lastStepAtMs < sinceMs).map(([name]) => name);
  }
}
