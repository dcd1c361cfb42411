type Waiting = { readonly kind: "new-payload" | "forkchoice" | "job"; readonly body: Buffer };

/** What waits on a lane, in order, bounded in count and in bytes: old newPayloads go first, the newest job never. */
export class LaneQueue<Entry extends Waiting> {
  readonly #bounds: { readonly entriesMax: number; readonly bytesMax: number };
  #entries: Entry[] = [];

  constructor(bounds: { readonly entriesMax: number; readonly bytesMax: number }) {
    this.#bounds = bounds;
  }

  get length(): number {
    return this.#entries.length;
  }

  /** Adds one at the end, and gives what had to go. */
  push(entry: Entry): readonly Entry[] {
    this.#entries.push(entry);
    const newestJob = this.#entries.findLast(({ kind }) => kind === "job");
    const gone: Entry[] = [];
    while (this.#isOverBounds()) {
      const oldestPayload = this.#entries.findIndex(({ kind }) => kind === "new-payload");
      const index = oldestPayload === -1 ? this.#entries.findIndex((other) => other !== newestJob) : oldestPayload;
      gone.push(...this.#entries.splice(index, 1));
    }
    return gone;
  }

  /** Takes the first. */
  shift(): Entry | undefined {
    return this.#entries.shift();
  }

  /** Takes out those, and gives them. */
  drop(which: (entry: Entry) => boolean): readonly Entry[] {
    const gone = this.#entries.filter(which);
    if (gone.length > 0) this.#entries = this.#entries.filter((entry) => !which(entry));
    return gone;
  }

  #isOverBounds(): boolean {
    if (this.#entries.length <= 1) return false;
    const bytes = this.#entries.reduce((sum, entry) => sum + entry.body.length, 0);
    return this.#entries.length > this.#bounds.entriesMax || bytes > this.#bounds.bytesMax;
  }
}
