import type { Clock } from "../../../../proxy/clock.ts";

/** A clock that stands still until the test turns it. */
export class ManualClock implements Clock {
  #monotonicMs = 0;
  #nowMs: number;
  #alarms: { readonly atMs: number; readonly run: () => void }[] = [];

  /** `nowMs`: milliseconds since 1970 at the start. */
  constructor(nowMs = 1_800_000_000_000) {
    this.#nowMs = nowMs;
  }

  readonly nowMs = (): number => this.#nowMs;

  readonly monotonicMs = (): number => this.#monotonicMs;

  readonly after = (ms: number, run: () => void): (() => void) => {
    const alarm = { atMs: this.#monotonicMs + ms, run };
    this.#alarms.push(alarm);
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== alarm);
    };
  };

  /** Alarms that are set. */
  get alarms(): number {
    return this.#alarms.length;
  }

  /** Lets time pass; what was due runs in its order. */
  advance(ms: number): void {
    this.#monotonicMs += ms;
    this.#nowMs += ms;
    const due = this.#alarms.filter((alarm) => alarm.atMs <= this.#monotonicMs).sort((a, b) => a.atMs - b.atMs);
    this.#alarms = this.#alarms.filter((alarm) => !due.includes(alarm));
    for (const alarm of due) alarm.run();
  }

  /** The wall clock is set, as by NTP; deadlines and durations must not notice. */
  setWallClock(byMs: number): void {
    this.#nowMs += byMs;
  }
}
