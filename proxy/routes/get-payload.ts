import { blockDecision } from "../block-decision.ts";
import { type RpcRequest, resultBody, stringParam, viewAnswer } from "../engine-api/json-rpc.ts";
import { member, rawBytes, stringOf } from "../engine-api/json-view.ts";
import type { NewPayloadVersion } from "../engine-api/methods.ts";
import { type Envelope, newPayloadBody, viewEnvelope } from "../engine-api/payload.ts";
import type { UpstreamAnswer } from "../engine-api/upstream-client.ts";
import type { HandedOut } from "../payload-job/payload-job.ts";
import type { RecentBlocks } from "../payload-job/recent-blocks.ts";
import type { Choice } from "../selection/choose-payload.ts";
import type { SequencerProxy } from "../sequencer-proxy.ts";
import { reportVerdicts } from "../verdict-reports.ts";
import { chooseForJob, comparePayloads, ownBlock } from "./choose-for-job.ts";
import { watchOwn } from "./own-part.ts";
import { type Reply, relay } from "./reply.ts";

/** Payload ids have 18 characters; a longer text is no id and need not fill the ledger. */
const PAYLOAD_ID_LENGTH_MAX = 66;

/** A JSON-RPC answer's own fields; more is copied away. */
const AROUND_RESULT_BYTES_MAX = 1_024;

/**
 * A getPayload: the execution client is asked at once and so are the builders. A builder's payload is handed out when it is
 * the block that was asked for and the execution client calls it VALID by the decision deadline; the execution client's
 * own whenever it gives it. The same id gets the same bytes again (E-16).
 */
export async function getPayload(
  request: RpcRequest,
  version: NewPayloadVersion,
  proxy: SequencerProxy,
): Promise<Reply> {
  const payloadId = stringParam(request, 0, PAYLOAD_ID_LENGTH_MAX) ?? "";
  for (let other = proxy.deciding.get(payloadId); other !== undefined; other = proxy.deciding.get(payloadId))
    await other;
  const kept = proxy.jobs.handedOut(payloadId);
  if (kept !== undefined) {
    proxy.repeated();
    return { body: resultBody(request.id, kept.result) };
  }
  return await decide(request, payloadId, version, proxy);
}

async function decide(
  request: RpcRequest,
  payloadId: string,
  version: NewPayloadVersion,
  proxy: SequencerProxy,
): Promise<Reply> {
  const askedAtMs = proxy.clock.monotonicMs();
  const own = proxy.wiring().executionClient.engineCall(request.body);
  const asked = { method: request.method, payloadId, version, askedAtMs, own };
  const sinceAsked = (): number => proxy.clock.monotonicMs() - askedAtMs;
  const ownPart = watchOwn(own, sinceAsked);
  const decided = (choice: Choice, { handedOut, envelope, tookMs }: Decided): void => {
    const leadership = proxy.jobs.get(payloadId)?.leadership?.();
    const facts = { payloadId, tookMs, nowMs: proxy.clock.nowMs(), own: ownPart(envelope), leadership };
    proxy.decided(blockDecision(choice, handedOut, facts));
    const { config, builders } = proxy.wiring();
    if (config.buildersAre === "balancers") proxy.background(() => reportVerdicts(choice, builders));
  };

  if (proxy.executionMode() === "dry_run") {
    const replied = own.then((answer) => ({
      ...ownReply(request, asked, answer, proxy),
      tookMs: sinceAsked(),
    }));
    const note = async (compared: Promise<Choice>): Promise<void> => {
      const [choice, answered] = await Promise.all([compared, replied]);
      if (!answered.isRepeat) decided(choice, answered);
    };
    const isCompared = proxy.background(() => note(comparePayloads(asked, proxy)));
    proxy.jobs.leaveToOwn(payloadId, "dry_run");
    if (!isCompared) await note(Promise.resolve(ownBlock("dry_run")));
    return (await replied).reply;
  }
  const letRepeatsOn = holdRepeats(payloadId, proxy);
  try {
    const choice = await chooseForJob(asked, proxy);
    if (choice.source === "builder") {
      const handedOut = handedOutOf(choice.envelope, choice.builder);
      proxy.jobs.handOut(payloadId, handedOut);
      keepBlock(choice.envelope, version, proxy.jobs);
      letRepeatsOn();
      decided(choice, { handedOut, envelope: undefined, tookMs: sinceAsked() });
      return { body: resultBody(request.id, handedOut.result) };
    }
    proxy.jobs.leaveToOwn(payloadId, choice.reason);
    letRepeatsOn();
    const answered = ownReply(request, asked, await own, proxy);
    if (!answered.isRepeat) decided(choice, { ...answered, tookMs: sinceAsked() });
    return answered.reply;
  } finally {
    letRepeatsOn();
  }
}

/** What was handed out, and the execution client's envelope where it is that. */
type Decided = {
  readonly handedOut: HandedOut | undefined;
  readonly envelope: Envelope | undefined;
  readonly tookMs: number;
};

type OwnReply = Omit<Decided, "tookMs"> & { readonly reply: Reply; readonly isRepeat: boolean };

/**
 * Keeps repeats of a getPayload waiting while it chooses, and no longer: the execution client's answer to this one may be
 * lost, and then a repeat must ask it again.
 */
function holdRepeats(payloadId: string, { deciding }: SequencerProxy): () => void {
  const { promise, resolve } = Promise.withResolvers<void>();
  deciding.set(payloadId, promise);
  return () => {
    if (deciding.get(payloadId) === promise) deciding.delete(payloadId);
    resolve();
  };
}

/** The execution client's own payload, or its error; what a repeat of the call was given meanwhile goes before both. */
function ownReply(
  request: RpcRequest,
  { payloadId, version }: { readonly payloadId: string; readonly version: NewPayloadVersion },
  answer: UpstreamAnswer,
  { jobs, repeated }: SequencerProxy,
): OwnReply {
  const earlier = jobs.handedOut(payloadId);
  if (earlier !== undefined) {
    repeated();
    const reply = { body: resultBody(request.id, earlier.result) };
    return { reply, handedOut: earlier, envelope: undefined, isRepeat: true };
  }
  const envelope = ownEnvelope(answer);
  const handedOut = envelope === undefined ? undefined : handedOutOf(envelope);
  if (handedOut === undefined) jobs.close(payloadId);
  else jobs.handOut(payloadId, handedOut);
  if (envelope !== undefined) keepBlock(envelope, version, jobs);
  return { reply: relay(request.id, answer), handedOut, envelope, isRepeat: false };
}

/** A builder may need it as a parent before op-node brings it as a newPayload, which then takes its place. */
export function keepBlock(
  envelope: Envelope,
  version: NewPayloadVersion,
  { blocks }: { readonly blocks: RecentBlocks },
): void {
  const { blockHash, body, payload } = envelope;
  const parentHash = stringOf(body, member(payload, "parentHash"))?.toLowerCase();
  if (parentHash === undefined) return;
  blocks.keep({ blockHash, parentHash, body: () => newPayloadBody(envelope, version), bytes: body.length });
}

function ownEnvelope(answer: UpstreamAnswer): Envelope | undefined {
  if (answer.kind !== "answered" || answer.status !== 200) return undefined;
  const rpc = viewAnswer(answer.body);
  return rpc.kind === "result" ? viewEnvelope(answer.body, rpc.result) : undefined;
}

/** What is kept of an envelope that is handed out; `builder` where it is one's. */
export const handedOutOf = (envelope: Envelope, builder?: string): HandedOut => ({
  ...(builder === undefined ? { source: "execution_client" } : { source: "builder", builder }),
  blockHash: envelope.blockHash,
  blockNumber: Number(envelope.blockNumber),
  result: kept(rawBytes(envelope.body, envelope.view), envelope.body),
});

/** Only the result is kept: what a builder puts around it would be held with it, and is in no bound. */
const kept = (result: Buffer, body: Buffer): Buffer =>
  body.length - result.length > AROUND_RESULT_BYTES_MAX ? Buffer.from(result) : result;
