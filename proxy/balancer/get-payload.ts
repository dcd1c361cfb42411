import { blockDecision } from "../block-decision.ts";
import { errorBody, RPC_CODE, type RpcRequest, resultBody, stringParam } from "../engine-api/json-rpc.ts";
import type { NewPayloadVersion } from "../engine-api/methods.ts";
import { handedOutOf, keepBlock } from "../routes/get-payload.ts";
import type { Reply } from "../routes/reply.ts";
import { type Choice, choosePayload } from "../selection/choose-payload.ts";
import type { Balancer, JobPayload } from "./balancer.ts";

/**
 * The proxies wait `builderDeadlineMs` for a balancer as for a builder. It asks its builders for this much of it, so that
 * one of them that hangs does not make the balancer late too.
 */
const DEADLINE_SHARE = 0.75;

/** Of the ids this balancer gives; what is longer is none of them. */
const JOB_ID_LENGTH = 18;

/** A getPayload at the balancer: the best builder's payload of a live job, unchanged, the same bytes to all who share it (E-16). */
export async function getPayload(request: RpcRequest, version: NewPayloadVersion, balancer: Balancer): Promise<Reply> {
  const payloadId = stringParam(request, 0, JOB_ID_LENGTH) ?? "";
  const payload = await payloadOf(request.method, payloadId, version, balancer);
  return payload.kind === "payload"
    ? { body: resultBody(request.id, payload.handedOut.result) }
    : { body: errorBody(request.id, RPC_CODE.unknownPayload, `no payload: ${payload.reason}`) };
}

async function payloadOf(
  method: string,
  payloadId: string,
  version: NewPayloadVersion,
  balancer: Balancer,
): Promise<JobPayload> {
  const { claims, jobs, deciding } = balancer;
  if (!claims.isLive(payloadId)) return { kind: "none", reason: "unknown_job" };
  if (balancer.executionMode() === "disabled") return { kind: "none", reason: "disabled" };
  const handedOut = jobs.handedOut(payloadId);
  if (handedOut !== undefined) return { kind: "payload", handedOut };
  const underWay = deciding.get(payloadId) ?? decide(method, payloadId, version, balancer);
  deciding.set(payloadId, underWay);
  try {
    return await underWay;
  } finally {
    deciding.delete(payloadId);
  }
}

async function decide(
  method: string,
  payloadId: string,
  version: NewPayloadVersion,
  balancer: Balancer,
): Promise<JobPayload> {
  const { jobs, authors, clock } = balancer;
  const askedAtMs = clock.monotonicMs();
  const choice = inMode(await choose(method, payloadId, version, balancer), balancer);
  const handedOut = choice.source === "builder" ? handedOutOf(choice.envelope, choice.builder) : undefined;
  const tookMs = clock.monotonicMs() - askedAtMs;
  balancer.decided(blockDecision(choice, handedOut, { payloadId, tookMs, nowMs: clock.nowMs() }));
  if (choice.source !== "builder" || handedOut === undefined) {
    jobs.close(payloadId);
    return { kind: "none", reason: choice.source === "builder" ? "builder_malformed" : choice.reason };
  }
  jobs.handOut(payloadId, handedOut);
  keepBlock(choice.envelope, version, jobs);
  authors.handedOut(handedOut.blockHash, choice.builder);
  return { kind: "payload", handedOut };
}

/** All builders at once, checked by the attributes alone: there is no execution client here to compare with or to validate. */
async function choose(
  method: string,
  payloadId: string,
  version: NewPayloadVersion,
  { wiring, jobs, clock, fault }: Balancer,
): Promise<Choice> {
  const { timing, selection } = wiring().config;
  const job = jobs.get(payloadId);
  if (job === undefined) {
    return { source: "execution_client", reason: "unknown_job", detail: undefined, outcomes: [] };
  }
  const deadline = { atMs: clock.monotonicMs() + timing.builderDeadlineMs * DEADLINE_SHARE };
  return choosePayload(
    job,
    { method, validate: version, selection, graceMs: timing.graceMs },
    { builder: deadline, decision: deadline },
    {
      clock,
      own: async () => undefined,
      chainParams: () => undefined,
      validate: async () => ({ kind: "valid" }),
      fits: () => true,
      lastStart: (before) => before,
      fault,
      isHandedOutForAnother: (blockHash) => jobs.isHandedOutForAnother(blockHash, payloadId),
    },
  );
}

/** A shut-off, or a dry run: compared, but not handed out. */
function inMode(choice: Choice, { executionMode }: Balancer): Choice {
  const mode = executionMode();
  return mode === "enabled"
    ? choice
    : { source: "execution_client", reason: mode, detail: undefined, outcomes: choice.outcomes };
}
