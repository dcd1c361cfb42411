import type { Clock } from "../clock.ts";
import type { UpstreamAnswer, UpstreamClient } from "./upstream-client.ts";

/** What a builder hears of one call on its lane. `dropped`: it never left, because something newer took its place. */
export type LaneAnswer = UpstreamAnswer | { readonly kind: "dropped" };

type Entry = {
  readonly kind: "new-payload" | "forkchoice" | "job";
  readonly body: Buffer;
  readonly settle: (answer: LaneAnswer) => void;
};

export type LaneOptions = {
  /** A builder that needs longer for one call is taken as not answering it. */
  readonly callTimeoutMs: number;
  readonly entriesMax: number;
  readonly bytesMax: number;
};

/** A block's time for each call; a few dozen blocks that wait for a builder that hangs. */
export const LANE_DEFAULTS: LaneOptions = { callTimeoutMs: 1_000, entriesMax: 32, bytesMax: 32 * 1024 * 1024 };

/**
 * The one ordered way of FCU and newPayload to a builder (E-18): the next leaves when the one before was answered or
 * timed out. FCUs without attributes that wait are coalesced, the latest wins, so a burst of thousands cannot delay a
 * job. When the lane is full old newPayloads go first; the newest job is never dropped for lack of room.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #client: UpstreamClient;
  readonly #clock: Clock;
  readonly #observe: (kind: Entry["kind"], answer: LaneAnswer) => void;
  #waiting: Entry[] = [];
  #busy = false;
  #closed = false;

  constructor(
    options: LaneOptions,
    dependencies: {
      readonly client: UpstreamClient;
      readonly clock: Clock;
      readonly observe: (kind: Entry["kind"], answer: LaneAnswer) => void;
    },
  ) {
    this.#options = options;
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
    this.#observe = dependencies.observe;
  }

  /** Entries that wait, without the one under way. */
  get depth(): number {
    return this.#waiting.length;
  }

  /** A block the builder shall know. */
  newPayload(body: Buffer): Promise<LaneAnswer> {
    return this.#push("new-payload", body);
  }

  /** A forkchoice state without attributes; replaces those that wait. */
  forkchoice(body: Buffer): Promise<LaneAnswer> {
    this.#drop((entry) => entry.kind === "forkchoice");
    return this.#push("forkchoice", body);
  }

  /** A forkchoice state with attributes; it names the newest head, so waiting FCUs without attributes have no more to say. */
  job(body: Buffer): Promise<LaneAnswer> {
    this.#drop((entry) => entry.kind === "forkchoice");
    return this.#push("job", body);
  }

  /** Drops what waits: from now on the builder hears nothing but the call under way. */
  clear(): void {
    this.#drop(() => true);
  }

  /** Drops what waits, and all that comes. The call under way ends with its client. */
  close(): void {
    this.#closed = true;
    this.clear();
  }

  #push(kind: Entry["kind"], body: Buffer): Promise<LaneAnswer> {
    if (this.#closed) return Promise.resolve({ kind: "dropped" });
    return new Promise((settle) => {
      this.#waiting.push({ kind, body, settle });
      this.#keepBounds();
      if (!this.#busy) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#busy = true;
    for (let entry = this.#waiting.shift(); entry !== undefined; entry = this.#waiting.shift()) {
      const deadline = { atMs: this.#clock.monotonicMs() + this.#options.callTimeoutMs };
      const answer = await this.#client.call({ body: entry.body, deadline, repeatable: true });
      this.#observe(entry.kind, answer);
      entry.settle(answer);
    }
    this.#busy = false;
  }

  #keepBounds(): void {
    const newestJob = this.#waiting.findLast((entry) => entry.kind === "job");
    while (this.#isOverBounds()) {
      const oldestPayload = this.#waiting.findIndex((entry) => entry.kind === "new-payload");
      const index = oldestPayload === -1 ? this.#waiting.findIndex((entry) => entry !== newestJob) : oldestPayload;
      const [entry] = this.#waiting.splice(index, 1);
      entry?.settle({ kind: "dropped" });
    }
  }

  #isOverBounds(): boolean {
    const bytes = this.#waiting.reduce((sum, entry) => sum + entry.body.length, 0);
    return (
      this.#waiting.length > 1 && (this.#waiting.length > this.#options.entriesMax || bytes > this.#options.bytesMax)
    );
  }

  #drop(which: (entry: Entry) => boolean): void {
    for (const entry of this.#waiting.filter(which)) entry.settle({ kind: "dropped" });
    this.#waiting = this.#waiting.filter((entry) => !which(entry));
  }
}
