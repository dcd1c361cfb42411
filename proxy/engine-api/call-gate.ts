import type { Clock, Deadline } from "../clock.ts";

export type CallGateOptions = {
  /** Calls under way at once. */
  readonly underWayMax: number;
  /** Calls that wait for one of them to end. */
  readonly waitingMax: number;
  /** Their bodies in sum; one alone may be larger. */
  readonly waitingBytesMax: number;
};

/** What came of asking for a place: `leave` gives it back, once. */
export type Place =
  | { readonly kind: "entered"; readonly leave: () => void }
  | { readonly kind: "late" }
  | { readonly kind: "full" }
  | { readonly kind: "closed" };

type Waiting = { readonly bytes: number; readonly settle: (place: Place) => void };

/**
 * Lets so many calls to an upstream through at once, the others in their order. Who waits is held with its body, so their
 * number and bytes are bounded, and whoever's deadline passes leaves the queue at once.
 */
export class CallGate {
  readonly #options: CallGateOptions;
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #waitingBytes = 0;
  #underWay = 0;
  #isClosed = false;

  constructor(options: CallGateOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** A place for a call with so many bytes: given at once where one is free. */
  enter(bytes: number, deadline: Deadline): Place | Promise<Place> {
    if (this.#isClosed) return { kind: "closed" };
    if (this.#underWay < this.#options.underWayMax) return this.#entered();
    const { waitingMax, waitingBytesMax } = this.#options;
    const isOver = this.#waiting.size > 0 && this.#waitingBytes + bytes > waitingBytesMax;
    if (this.#waiting.size >= waitingMax || isOver) return { kind: "full" };
    return new Promise((resolve) => {
      const entry: Waiting = {
        bytes,
        settle: (place) => {
          cancel();
          this.#waiting.delete(entry);
          this.#waitingBytes -= bytes;
          resolve(place);
        },
      };
      const cancel = this.#clock.after(deadline.atMs - this.#clock.monotonicMs(), () => entry.settle({ kind: "late" }));
      this.#waiting.add(entry);
      this.#waitingBytes += bytes;
    });
  }

  /** Sends all that waits away, and all that comes. */
  close(): void {
    this.#isClosed = true;
    for (const entry of this.#waiting) entry.settle({ kind: "closed" });
  }

  #entered(): Place {
    let isInside = true;
    this.#underWay += 1;
    return {
      kind: "entered",
      leave: () => {
        if (!isInside) return;
        isInside = false;
        this.#underWay -= 1;
        const [next] = this.#waiting;
        next?.settle(this.#entered());
      },
    };
  }
}
