import { errorBody, RPC_CODE, type RpcRequest, resultBody } from "../engine-api/json-rpc.ts";
import { viewNewPayload } from "../engine-api/payload.ts";
import type { Reply } from "../routes/reply.ts";
import type { Balancer } from "./balancer.ts";

/** A newPayload at the balancer: on to all builders, and answered at once. VALID says that it was taken; only a builder executes it. */
export function newPayload(request: RpcRequest, { wiring, executionMode, jobs }: Balancer): Reply {
  const block = viewNewPayload(request);
  if (block === undefined) {
    return { body: errorBody(request.id, RPC_CODE.invalidParams, "not the parameters of a newPayload") };
  }
  const { blockHash, parentHash, blockNumber } = block;
  const { body } = request;
  jobs.sawBlock(blockHash, blockNumber);
  jobs.blocks.keep({ blockHash, parentHash, body: () => body, bytes: body.length });
  if (executionMode() !== "disabled") {
    for (const builder of wiring().builders) void builder.lane.newPayload(body, blockHash);
  }
  const status = { status: "VALID", latestValidHash: blockHash, validationError: null };
  return { body: resultBody(request.id, Buffer.from(JSON.stringify(status))) };
}
