import type { CallerClaims } from "../engine-api/caller-claims.ts";
import { type ForkchoiceUpdate, viewForkchoiceUpdate, withoutAttributes } from "../engine-api/forkchoice.ts";
import { errorBody, RPC_CODE, type RpcRequest, resultBody } from "../engine-api/json-rpc.ts";
import type { Reply } from "../routes/reply.ts";
import type { Balancer } from "./balancer.ts";
import { jobIdOf } from "./job-id.ts";

/**
 * An FCU at the balancer, answered at once: VALID, and with attributes the job's id, before any builder has answered, so
 * that none can delay it. What they make of it shows at getPayload. `payloadId: null`: this slot has another sequencer's
 * job, or builders are not to be asked.
 */
export function forkchoiceUpdated(request: RpcRequest, caller: CallerClaims, balancer: Balancer): Reply {
  const update = viewForkchoiceUpdate(request);
  if (update === undefined) {
    return { body: errorBody(request.id, RPC_CODE.invalidParams, "not the parameters of an FCU") };
  }
  const payloadId = balancer.executionMode() === "disabled" ? undefined : drive(request, update, caller, balancer);
  const payloadStatus = { status: "VALID", latestValidHash: update.headBlockHash, validationError: null };
  return {
    body: resultBody(request.id, Buffer.from(JSON.stringify({ payloadStatus, payloadId: payloadId ?? null }))),
  };
}

/** Tells all builders what they shall hear, and gives the id of the job where one is asked for and had. */
function drive(
  request: RpcRequest,
  { headBlockHash, attributes }: ForkchoiceUpdate,
  caller: CallerClaims,
  { wiring, claims, jobs, asked, startedAtMs }: Balancer,
): string | undefined {
  const { builders, config } = wiring();
  jobs.sawHead(headBlockHash);
  if (attributes === undefined || attributes.noTxPool) {
    const body = attributes === undefined ? request.body : withoutAttributes(request);
    if (caller.leadership !== "follower")
      for (const builder of builders) void builder.lane.forkchoice(body, headBlockHash);
    return undefined;
  }
  const payloadId = jobIdOf(headBlockHash, attributes);
  const { timestamp } = attributes;
  const isBefore = timestamp * 1_000n < BigInt(Math.floor(startedAtMs + config.timing.blockTimeMs));
  const outcome = claims.claim({ parentHash: headBlockHash, timestamp, isBefore }, payloadId, caller);
  asked(outcome);
  if (outcome === "refused") return undefined;
  if (outcome === "shared") return payloadId;
  jobs.open({
    payloadId,
    parentHash: headBlockHash,
    parentNumber: jobs.numberOf(headBlockHash),
    builders:
      builders.length === 0
        ? { kind: "not_asked", reason: "no_builder" }
        : {
            kind: "asked",
            attributes,
            asked: builders.map((handle) => ({
              handle,
              answer: handle.startJob(request.body, { headBlockHash, blocks: jobs.blocks }),
            })),
          },
  });
  return payloadId;
}
