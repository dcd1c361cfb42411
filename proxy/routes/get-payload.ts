import type { Deadline } from "../clock.ts";
import type { BlockDecision, FallbackReason } from "../contract/status.ts";
import { type RpcRequest, resultBody, stringParam, viewAnswer } from "../engine-api/json-rpc.ts";
import { rawBytes } from "../engine-api/json-view.ts";
import type { NewPayloadVersion } from "../engine-api/methods.ts";
import { type Envelope, newPayloadBody, viewEnvelope, viewPayloadStatus } from "../engine-api/payload.ts";
import type { UpstreamAnswer } from "../engine-api/upstream-client.ts";
import type { ExecutionClient } from "../execution-client.ts";
import type { HandedOut } from "../payload-job/payload-job.ts";
import { type Choice, choosePayload, type Verdict } from "../selection/choose-payload.ts";
import type { SequencerProxy } from "../sequencer-proxy.ts";
import { type Reply, relay } from "./reply.ts";

/** Payload ids have 18 characters; a longer text is no id and need not fill the ledger. */
const PAYLOAD_ID_LENGTH_MAX = 66;

/** A JSON-RPC answer's own fields; more is copied away. */
const AROUND_RESULT_BYTES_MAX = 1_024;

/**
 * A getPayload: the execution client is asked at once and so is the builder. A builder's payload is handed out when it is
 * the block that was asked for and the execution client calls it VALID by the decision deadline; the execution client's
 * own whenever it gives it. The same id gets the same bytes again (E-16).
 */
export async function getPayload(
  request: RpcRequest,
  validate: NewPayloadVersion,
  proxy: SequencerProxy,
): Promise<Reply> {
  const payloadId = (stringParam(request, 0) ?? "").slice(0, PAYLOAD_ID_LENGTH_MAX);
  for (let other = proxy.deciding.get(payloadId); other !== undefined; other = proxy.deciding.get(payloadId))
    await other;
  const kept = proxy.jobs.handedOut(payloadId);
  if (kept !== undefined) return { body: resultBody(request.id, kept.result) };

  return await decide(request, payloadId, validate, proxy);
}

async function decide(
  request: RpcRequest,
  payloadId: string,
  validate: NewPayloadVersion,
  proxy: SequencerProxy,
): Promise<Reply> {
  const askedAtMs = proxy.clock.monotonicMs();
  const { executionClient } = proxy.wiring();
  const own = executionClient.engineCall(request.body);
  const letRepeatsOn = holdRepeats(payloadId, proxy);
  const choice = await choose(request, payloadId, validate, askedAtMs, proxy).catch((error: unknown) => {
    letRepeatsOn();
    throw error;
  });

  const handOut = (kept: HandedOut | undefined, answered: boolean): void => {
    if (kept === undefined) proxy.jobs.close(payloadId);
    else proxy.jobs.handOut(payloadId, kept);
    proxy.decided(
      decision(choice, kept, {
        payloadId,
        answered,
        tookMs: proxy.clock.monotonicMs() - askedAtMs,
        at: proxy.clock.nowMs(),
      }),
    );
  };
  if (choice.source === "builder") {
    const kept = keep(choice.envelope, choice.builder);
    handOut(kept, true);
    letRepeatsOn();
    return { body: resultBody(request.id, kept.result) };
  }
  proxy.jobs.leaveToOwn(payloadId, choice.reason);
  letRepeatsOn();
  const answer = await own;
  const earlier = proxy.jobs.handedOut(payloadId);
  if (earlier !== undefined) return { body: resultBody(request.id, earlier.result) };
  const envelope = ownEnvelope(answer);
  handOut(envelope === undefined ? undefined : keep(envelope), envelope !== undefined);
  return relay(request.id, answer);
}

/**
 * Keeps repeats of a getPayload waiting while it chooses, and no longer: the execution client's answer to this one may be
 * lost, and then a repeat must ask it again.
 */
function holdRepeats(payloadId: string, { deciding }: SequencerProxy): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  deciding.set(payloadId, promise);
  return () => {
    deciding.delete(payloadId);
    resolve();
  };
}

async function choose(
  request: RpcRequest,
  payloadId: string,
  validate: NewPayloadVersion,
  askedAtMs: number,
  proxy: SequencerProxy,
): Promise<Choice> {
  const { config, executionClient } = proxy.wiring();
  const job = proxy.jobs.get(payloadId);
  if (job === undefined) return ownBlock("unknown_job");
  const left = proxy.jobs.leftToOwn(payloadId);
  if (left !== undefined) return ownBlock(left);
  if (config.executionMode === "disabled") return ownBlock("disabled");
  if (proxy.jobs.isOwnBlockOnly(payloadId)) return ownBlock("rejected_before");
  const deadlines = {
    builder: { atMs: askedAtMs + config.timing.builderDeadlineMs },
    decision: { atMs: askedAtMs + config.timing.decisionDeadlineMs },
  };
  return choosePayload(job, { method: request.method, validate }, deadlines, {
    validate: (envelope, version, deadline) => validateOn(executionClient, envelope, version, deadline),
    isHandedOutForAnother: (blockHash) => proxy.jobs.isHandedOutForAnother(blockHash, payloadId),
  });
}

/** One newPayload on the execution client, no retries (F-11). SYNCING and ACCEPTED validate nothing. */
async function validateOn(
  executionClient: ExecutionClient,
  envelope: Envelope,
  version: NewPayloadVersion,
  deadline: Deadline,
): Promise<Verdict> {
  const answer = await executionClient.engineCall(newPayloadBody(envelope, version), deadline);
  if (answer.kind === "late") return notValid("validation_late");
  const verdict = answer.kind === "answered" && answer.status === 200 ? viewPayloadStatus(answer.body) : undefined;
  if (verdict === undefined) return notValid("validation_failed");
  switch (verdict.status) {
    case "VALID":
      return { kind: "valid" };
    case "SYNCING":
    case "ACCEPTED":
      return notValid("validation_undecided", verdict.status);
    default:
      return notValid("validation_invalid", verdict.validationError);
  }
}

const notValid = (reason: FallbackReason, detail?: string): Verdict => ({ kind: "not_valid", reason, detail });

const ownBlock = (reason: FallbackReason): Choice => ({ source: "execution_client", reason, detail: undefined });

function ownEnvelope(answer: UpstreamAnswer): Envelope | undefined {
  if (answer.kind !== "answered" || answer.status !== 200) return undefined;
  const rpc = viewAnswer(answer.body);
  return rpc.kind === "result" ? viewEnvelope(answer.body, rpc.result) : undefined;
}

const keep = (envelope: Envelope, builder?: string): HandedOut => ({
  ...(builder === undefined ? { source: "execution_client" } : { source: "builder", builder }),
  blockHash: envelope.blockHash,
  blockNumber: Number(envelope.blockNumber),
  result: kept(rawBytes(envelope.body, envelope.view), envelope.body),
});

/** Only the result is kept: what a builder puts around it would be held with it, and is in no bound. */
const kept = (result: Buffer, body: Buffer): Buffer =>
  body.length - result.length > AROUND_RESULT_BYTES_MAX ? Buffer.from(result) : result;

function decision(
  choice: Choice,
  kept: HandedOut | undefined,
  facts: { readonly payloadId: string; readonly answered: boolean; readonly tookMs: number; readonly at: number },
): BlockDecision {
  return {
    at: new Date(facts.at).toISOString(),
    payloadId: facts.payloadId,
    ...(kept === undefined ? {} : { blockNumber: kept.blockNumber, blockHash: kept.blockHash }),
    source: choice.source,
    ...(choice.source === "builder" ? { builder: choice.builder } : { fallbackReason: choice.reason }),
    ...(choice.source === "execution_client" && choice.detail !== undefined ? { detail: choice.detail } : {}),
    tookMs: Math.round(facts.tookMs * 1000) / 1000,
    answered: facts.answered,
  };
}
