import type { IncomingHttpHeaders } from "node:http";
import type { JsonRpcCall } from "./json-rpc.ts";

/** Which port of a simulated client a call came in on. */
export type Endpoint = "engine" | "rpc";

/** One call a simulated server received, before any fault touched it. `params` hold big numbers as bigint. */
export type RecordedCall = JsonRpcCall & {
  readonly endpoint: Endpoint;
  readonly headers: IncomingHttpHeaders;
  /** The HTTP body as it arrived; the whole batch where the call was part of one. */
  readonly body: Buffer;
  readonly receivedAtMs: number;
};

/** Enough for any test; the bytes bound matters for large payloads. */
const CALLS_KEPT = 2_000;
const BYTES_KEPT = 64 * 1024 * 1024;

/** The last calls of a server, oldest first. */
export class CallJournal {
  #calls: RecordedCall[] = [];
  #bytes = 0;

  record(call: RecordedCall): void {
    this.#calls.push(call);
    this.#bytes += call.body.length;
    while (this.#calls.length > CALLS_KEPT || (this.#bytes > BYTES_KEPT && this.#calls.length > 1)) {
      this.#bytes -= this.#calls.shift()?.body.length ?? 0;
    }
  }

  /** All calls, or those of a method; a trailing `*` stands for any rest: `engine_newPayload*`. */
  calls(method = "*"): readonly RecordedCall[] {
    return this.#calls.filter((call) => methodMatches(method, call.method));
  }

  forget(): void {
    this.#calls = [];
    this.#bytes = 0;
  }
}

/** Whether a method is meant by a name that may end in `*`. */
export const methodMatches = (pattern: string, method: string): boolean =>
  pattern.endsWith("*") ? method.startsWith(pattern.slice(0, -1)) : method === pattern;
