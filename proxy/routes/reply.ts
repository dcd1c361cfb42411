import { errorBody, RPC_CODE } from "../engine-api/json-rpc.ts";
import type { UpstreamAnswer } from "../engine-api/upstream-client.ts";
import { problemOf } from "../execution-client.ts";

/** What a caller gets; op-node always with HTTP 200 (E-3). */
export type Reply = {
  readonly body: Buffer;
  readonly contentEncoding?: string | undefined;
  /** Never to op-node (E-3): where the caller takes an RPC error as final (E-9), or the rpc port has no room. */
  readonly httpStatus?: typeof NO_ANSWER_STATUS | 503;
};

/** HTTP's word for an upstream that gave no answer. */
const NO_ANSWER_STATUS = 502;

/** The execution client's own answer, verbatim (E-19); where it gave none, a JSON-RPC error that op-node takes as temporary. */
export function relay(id: Buffer | undefined, answer: UpstreamAnswer): Reply {
  const problem = problemOf(answer);
  return answer.kind === "answered" && problem === undefined
    ? { body: answer.body, contentEncoding: answer.headers.contentEncoding }
    : { body: errorBody(id, RPC_CODE.internal, problem ?? "no answer") };
}

/** The same for `miner_*`: where there is no answer an HTTP error, which op-batcher repeats; an RPC error would stop it (E-9). */
export const relayToBatcher = (id: Buffer | undefined, answer: UpstreamAnswer): Reply =>
  problemOf(answer) === undefined ? relay(id, answer) : { ...relay(id, answer), httpStatus: NO_ANSWER_STATUS };
