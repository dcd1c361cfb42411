import { methodMatches, type RecordedCall } from "./call-journal.ts";

/**
 * What goes wrong with a call. `delayMs`, `times` and `when` go with all others; of the rest the first one set counts,
 * in this order. Until it is lifted, or `times` calls have met it.
 */
export type Fault = {
  /** Only the next so many calls. */
  readonly times?: number;
  /** Only calls for which this is true. */
  readonly when?: (call: RecordedCall) => boolean;
  /** Waits before anything else is done. */
  readonly delayMs?: number;
  /** Never answers, does nothing. The connection stays open. */
  readonly hang?: boolean;
  /** Closes the connection without an answer, does nothing. */
  readonly drop?: boolean;
  /** Answers with this HTTP status and a line of text, does nothing. */
  readonly httpStatus?: number;
  /** Answers with this JSON-RPC error, does nothing. */
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
  /** Does the work, then answers with these bytes and HTTP 200. */
  readonly body?: string | Buffer;
  /** Does the work, then sends half of the answer and resets the connection. */
  readonly halfBody?: boolean;
  /** Does the work, then sends the answer a byte at a time, every so many milliseconds. */
  readonly dripEveryMs?: number;
  /** Does the work, then sends so many bytes of white space, with no length announced, and the answer behind them. */
  readonly paddingBytes?: number;
  /** Does the work, then answers with what this makes of the result. */
  readonly result?: (result: unknown) => unknown;
};

/** Lifts the fault it came with. */
export type Lift = () => void;

/** The faults of one server; the newest that meets a call counts. */
export class FaultBook {
  #faults: { readonly method: string; readonly fault: Fault; left: number }[] = [];

  /** `method` may end in `*`. */
  add(method: string, fault: Fault): Lift {
    const entry = { method, fault, left: fault.times ?? Number.POSITIVE_INFINITY };
    this.#faults.push(entry);
    return () => {
      this.#faults = this.#faults.filter((other) => other !== entry);
    };
  }

  /** The fault this call meets, counted. */
  take(call: RecordedCall): Fault | undefined {
    const entry = this.#faults.findLast(
      ({ method, fault, left }) => left > 0 && methodMatches(method, call.method) && (fault.when?.(call) ?? true),
    );
    if (entry === undefined) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) this.#faults = this.#faults.filter((other) => other !== entry);
    return entry.fault;
  }

  /** Lifts all faults, or those added under this name. */
  heal(method?: string): void {
    this.#faults = method === undefined ? [] : this.#faults.filter((entry) => entry.method !== method);
  }
}
