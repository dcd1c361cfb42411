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
import { tellOn } from "./tell-on.ts";

const NOT_SERVED = "a balancer serves the methods of building only, and what builders hear beside them";

/** The answer a proxy gets from a balancer. Nothing passes through: behind it is no one execution client to ask. */
export async function answerCall(call: EngineCall, caller: CallerClaims, balancer: Balancer): Promise<Reply> {
  const { raw, rpc, route } = call;
  if (rpc === undefined) {
    const invalid = { body: errorBody(undefined, RPC_CODE.invalidRequest, "not one plain JSON-RPC call") };
    return tellOn(raw, caller, balancer) ?? invalid;
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
        : (tellOn(raw, caller, balancer) ?? { body: errorBody(rpc.id, RPC_CODE.methodNotFound, NOT_SERVED) });
  }
}
