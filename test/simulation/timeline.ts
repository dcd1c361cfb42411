import type { Clock } from "../../proxy/clock.ts";

type Alarm = { readonly atMs: number; readonly run: () => void };

/** A clock of the timeline that knows how many of its own alarms are set. */
export type SimulatedClock = Clock & { readonly alarms: () => number };

/** Where every simulated run begins, milliseconds since 1970; a whole minute. */
export const START_MS = 1_800_000_000_000;

/** Virtual time: nothing passes but by `next`. Alarms of one instant run in the order they were set. */
export class Timeline {
  #alarms: Alarm[] = [];
  #passedMs = 0;
  #wallShiftMs = 0;

  /** A clock on this timeline; those who share the timeline have one each, so that what they leave behind can be counted. */
  clock(): SimulatedClock {
    const own = new Set<Alarm>();
    return {
      nowMs: () => START_MS + this.#wallShiftMs + this.#passedMs,
      monotonicMs: () => this.#passedMs,
      after: (ms, run) => {
        const alarm: Alarm = {
          atMs: this.#passedMs + Math.max(0, ms),
          run: () => {
            own.delete(alarm);
            run();
          },
        };
        own.add(alarm);
        this.#add(alarm);
        return () => {
          if (own.delete(alarm)) this.#alarms.splice(this.#alarms.indexOf(alarm), 1);
        };
      },
      alarms: () => own.size,
    };
  }

  /** Goes to the next alarm and runs it; false where none is set. */
  next(): boolean {
    const alarm = this.#alarms.shift();
    if (alarm === undefined) return false;
    this.#passedMs = Math.max(this.#passedMs, alarm.atMs);
    alarm.run();
    return true;
  }

  /** The wall clock is set, as by NTP; deadlines and durations must not notice. */
  shiftWallClock(byMs: number): void {
    this.#wallShiftMs += byMs;
  }

  #add(alarm: Alarm): void {
    let at = this.#alarms.length;
    while (at > 0 && (this.#alarms[at - 1]?.atMs ?? 0) > alarm.atMs) at -= 1;
    this.#alarms.splice(at, 0, alarm);
  }
}

/** Resolves when all that can run without time passing has run: promises settle before the event loop turns. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Lets time pass, alarm by alarm, until `done` has settled. Rejects as `done` does, or where nothing is left to happen. */
export async function pass(timeline: Timeline, done: Promise<unknown>): Promise<void> {
  let isDone = false;
  const end = done.finally(() => {
    isDone = true;
  });
  end.catch(() => {});
  for (await settled(); !isDone; await settled()) {
    if (!timeline.next()) throw new Error("everything waits and nothing will come");
  }
  await end;
}

/** Resolves `ms` from now. */
export const sleep = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));
