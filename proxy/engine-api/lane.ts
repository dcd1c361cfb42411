import type { Clock } from "../clock.ts";
import { LaneQueue } from "./lane-queue.ts";
import type { Upstream, UpstreamAnswer } from "./upstream-client.ts";

/** What a builder hears of one call on its lane. `dropped`: it never left, because something newer took its place. */
export type LaneAnswer = UpstreamAnswer | { readonly kind: "dropped" };

/** A block that goes before a job. */
export type LaneBlock = { readonly blockHash: string; readonly body: () => Buffer };

/** What goes on a lane: a block, a forkchoice state, or one with attributes. */
export type LaneKind = "new-payload" | "forkchoice" | "job";

/** Told of each answer, with the block it was about where the caller named it; says whether the block is known now. */
export type LaneObserver = (kind: LaneKind, answer: LaneAnswer, blockHash: string | undefined) => boolean;

/** A payload status has a few hundred bytes; what a builder sends beyond this is never held. */
const LANE_ANSWER_BYTES_MAX = 64 * 1024;

export type LaneOptions = {
  /** A builder that needs longer for one call is taken as not answering it. */
  readonly callTimeoutMs: number;
  readonly entriesMax: number;
  readonly bytesMax: number;
};

/** A block's time for each call; a few dozen blocks that wait for a builder that hangs. */
export const LANE_DEFAULTS: LaneOptions = {
  callTimeoutMs: 1_000,
  entriesMax: 32,
  bytesMax: 32 * 1024 * 1024,
};

type Entry = {
  readonly kind: LaneKind;
  readonly body: Buffer;
  readonly blockHash: string | undefined;
  readonly lacking: () => readonly LaneBlock[];
  readonly settle: (answer: LaneAnswer) => void;
};

const NOTHING = (): readonly LaneBlock[] => [];

/**
 * The one ordered way of FCU and newPayload to a builder (E-18): the next leaves when the one before was answered or
 * timed out. FCUs without attributes that wait are coalesced, the latest wins, and a newer job takes the place of an older
 * one that waits, so a burst of thousands cannot delay a job. When the lane is full old newPayloads go first; the newest
 * job is never dropped for lack of room.
 */
export class Lane {
  readonly #options: LaneOptions;
  readonly #client: Upstream;
  readonly #clock: Clock;
  readonly #observe: LaneObserver;
  readonly #waiting: LaneQueue<Entry>;
  /** The job whose parents are on their way. */
  #preparing: Entry | undefined;
  #lost = 0;
  #busy = false;
  #closed = false;

  constructor(
    options: LaneOptions,
    dependencies: { readonly client: Upstream; readonly clock: Clock; readonly observe: LaneObserver },
  ) {
    this.#options = options;
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
    this.#observe = dependencies.observe;
    this.#waiting = new LaneQueue(options);
  }

  /** Entries that wait, without the one under way. */
  get depth(): number {
    return this.#waiting.length;
  }

  /** Entries that had to go for lack of room, since the lane began. What something newer made needless is none of them. */
  get lost(): number {
    return this.#lost;
  }

  /** A block the builder shall know. */
  newPayload(body: Buffer, blockHash?: string): Promise<LaneAnswer> {
    return this.#push({ kind: "new-payload", body, blockHash, lacking: NOTHING });
  }

  /** A forkchoice state without attributes; replaces those that wait. */
  forkchoice(body: Buffer, headBlockHash?: string): Promise<LaneAnswer> {
    this.#drop((entry) => entry.kind === "forkchoice");
    return this.#push({ kind: "forkchoice", body, blockHash: headBlockHash, lacking: NOTHING });
  }

  /**
   * A forkchoice state with attributes. It names the newest head, so FCUs and jobs that wait have no more to say. `lacking`
   * is asked when its turn has come, and its blocks go first, oldest first; where it is given, it stands for the blocks
   * that wait.
   */
  job(body: Buffer, headBlockHash?: string, lacking?: () => readonly LaneBlock[]): Promise<LaneAnswer> {
    this.#drop((entry) => entry.kind !== "new-payload" || lacking !== undefined);
    return this.#push({ kind: "job", body, blockHash: headBlockHash, lacking: lacking ?? NOTHING });
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

  #push(entry: Omit<Entry, "settle">): Promise<LaneAnswer> {
    if (this.#closed) return Promise.resolve({ kind: "dropped" });
    return new Promise((settle) => {
      const gone = this.#waiting.push({ ...entry, settle });
      this.#lost += gone.length;
      for (const dropped of gone) dropped.settle({ kind: "dropped" });
      if (!this.#busy) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#busy = true;
    for (let entry = this.#waiting.shift(); entry !== undefined; entry = this.#waiting.shift()) {
      if (entry.kind === "job" && !(await this.#prepare(entry))) continue;
      entry.settle(await this.#call(entry.kind, entry.body, entry.blockHash).then(({ answer }) => answer));
    }
    this.#busy = false;
  }

  /** Brings a job's parents; false where the job was dropped meanwhile. */
  async #prepare(entry: Entry): Promise<boolean> {
    const blocks = entry.lacking();
    if (blocks.length === 0) return true;
    this.#preparing = entry;
    for (const [index, block] of blocks.entries()) {
      const { isKnown } = await this.#call("new-payload", block.body(), block.blockHash);
      if (this.#preparing !== entry) return false;
      if (isKnown) continue;
      // The gap is longer than what is kept. Given the head's own block, a client can sync to it from its peers: op-geth
      // looks for no head of which it has not seen the header.
      const head = index < blocks.length - 1 ? blocks.at(-1) : undefined;
      if (head !== undefined) await this.#call("new-payload", head.body(), head.blockHash);
      break;
    }
    const isStillWanted = this.#preparing === entry;
    this.#preparing = undefined;
    return isStillWanted;
  }

  async #call(
    kind: LaneKind,
    body: Buffer,
    blockHash: string | undefined,
  ): Promise<{ readonly answer: LaneAnswer; readonly isKnown: boolean }> {
    const deadline = { atMs: this.#clock.monotonicMs() + this.#options.callTimeoutMs };
    const answer = await this.#client.call({ body, deadline, repeatable: true, answerBytesMax: LANE_ANSWER_BYTES_MAX });
    return { answer, isKnown: this.#observe(kind, answer, blockHash) };
  }

  #drop(which: (entry: Entry) => boolean): void {
    const preparing = this.#preparing;
    if (preparing !== undefined && which(preparing)) {
      this.#preparing = undefined;
      preparing.settle({ kind: "dropped" });
    }
    for (const entry of this.#waiting.drop(which)) entry.settle({ kind: "dropped" });
  }
}
