import type { Clock } from "./clock.ts";
import { requestBody } from "./engine-api/json-rpc.ts";
import { type JsonView, rawBytes } from "./engine-api/json-view.ts";

/** Sets how many bytes of data availability a block may take; op-batcher sends it whenever L1 is slow to take its data. */
export const DA_LIMIT_METHOD = "miner_setMaxDASize";

/** op-batcher says it again every few seconds while it matters; what is older than this says nothing about now. */
export const DA_LIMIT_KEPT_MS = 600_000;

/** Two quantities. */
const DA_LIMIT_BYTES_MAX = 1_024;

/** The newest data availability limit, for builders that were away when it came. It outlives the wiring. */
export class DaLimit {
  readonly #clock: Clock;
  #newest: { readonly body: Buffer; readonly atMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Keeps the parameters of a call; what is not of their shape is left to the execution client's judgement. */
  note(body: Buffer, params: JsonView | undefined): void {
    if (params?.kind !== "array" || params.end - params.start > DA_LIMIT_BYTES_MAX) return;
    const call = requestBody(
      DA_LIMIT_METHOD,
      params.items.map((item) => rawBytes(body, item)),
    );
    this.#newest = { body: call, atMs: this.#clock.monotonicMs() };
  }

  /** The call that sets it; undefined where there was none in the last `DA_LIMIT_KEPT_MS`. */
  current(): Buffer | undefined {
    const isKept = this.#newest !== undefined && this.#clock.monotonicMs() - this.#newest.atMs < DA_LIMIT_KEPT_MS;
    return isKept ? this.#newest?.body : undefined;
  }
}
