import type { Clock } from "./clock.ts";

/** A proxy whose execution client is away must still get op-node's calls (E-5), so it is ready after this long anyway. */
const READY_AFTER_MS = 10_000;

/** Whether the Service may send calls here. Once ready it stays so until it drains: an outage of the EL must not empty the Service. */
export class Readiness {
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  #ready = false;
  #draining = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startedAtMs = clock.monotonicMs();
  }

  /** `hasAnswered`: the execution client has given an answer at least once. */
  isReady(hasAnswered: boolean): boolean {
    this.#ready ||= hasAnswered || this.#clock.monotonicMs() - this.#startedAtMs >= READY_AFTER_MS;
    return this.#ready && !this.#draining;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** From now on not ready. */
  drain(): void {
    this.#draining = true;
  }
}
