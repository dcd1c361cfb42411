import type { Clock, Deadline } from "../clock.ts";

/** How much one new measurement moves the estimate. */
const WEIGHT = 0.3;

/** A skipped validation is no measurement: the estimate shrinks, so that a slow hour is not remembered for ever. */
const SHRINK = 0.8;

/** A timer comes late by some milliseconds. */
const SPARE_MS = 20;

/** What validating a builder's block takes on this execution client, by the last ones. */
export class ValidationTime {
  readonly #clock: Clock;
  #estimateMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether one more is likely to end by the deadline. */
  fits(deadline: Deadline): boolean {
    const fits = this.#clock.monotonicMs() + this.#estimateMs < deadline.atMs;
    if (!fits) this.#estimateMs *= SHRINK;
    return fits;
  }

  /** When one more must begin at the latest, with some time to spare, to be likely to end by the deadline. */
  lastStart(deadline: Deadline): Deadline {
    return { atMs: deadline.atMs - this.#estimateMs - SPARE_MS };
  }

  /** One validation took so long, or was given up after so long. */
  took(ms: number): void {
    this.#estimateMs += (ms - this.#estimateMs) * WEIGHT;
  }
}
