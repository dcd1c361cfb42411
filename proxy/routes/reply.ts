import { errorBody, RPC_CODE } from "../engine-api/json-rpc.ts";
import type { UpstreamAnswer } from "../engine-api/upstream-client.ts";
import { problemOf } from "../execution-client.ts";

/** What op-node gets, always with HTTP 200 (E-3). */
export type Reply = { readonly body: Buffer; readonly contentEncoding?: string | undefined };

/** The execution client's own answer, verbatim (E-19); where it gave none, a JSON-RPC error that op-node takes as temporary. */
export function relay(id: Buffer | undefined, answer: UpstreamAnswer): Reply {
  const problem = problemOf(answer);
  return answer.kind === "answered" && problem === undefined
    ? { body: answer.body, contentEncoding: answer.headers.contentEncoding }
    : { body: errorBody(id, RPC_CODE.internal, problem ?? "no answer") };
}
