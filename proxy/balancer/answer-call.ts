import type { CallerClaims } from "../engine-api/caller-claims.ts";
import { errorBody, RPC_CODE } from "../engine-api/json-rpc.ts";
import { REPORT_VERDICT_METHOD } from "../engine-api/methods.ts";
import type { EngineCall } from "../routes/answer-call.ts";
import type { Reply } from "../routes/reply.ts";
import type { Balancer } from "./balancer.ts";
import { forkchoiceUpdated } from "./forkchoice-updated.ts";
import { getPayload } from "./get-payload.ts";
import { newPayload } from "./new-payload.ts";
import { reportVerdict } from "./report-verdict.ts";

/** The answer a proxy gets from a balancer. Nothing passes through: behind it is no one execution client to ask. */
export async function answerCall({ rpc, route }: EngineCall, caller: CallerClaims, balancer: Balancer): Promise<Reply> {
  if (rpc === undefined) {
    return { body: errorBody(undefined, RPC_CODE.invalidRequest, "not one plain JSON-RPC call") };
  }
  switch (route.kind) {
    case "forkchoice-updated":
      return forkchoiceUpdated(rpc, caller, balancer);
    case "get-payload":
      return getPayload(rpc, route.validate, balancer);
    case "new-payload":
      return newPayload(rpc, balancer);
    case "pass-through":
      return rpc.method === REPORT_VERDICT_METHOD
        ? reportVerdict(rpc, balancer)
        : {
            body: errorBody(rpc.id, RPC_CODE.methodNotFound, "a balancer serves the engine_* methods of building only"),
          };
  }
}
