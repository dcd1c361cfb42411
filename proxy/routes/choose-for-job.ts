import { byDeadline } from "../clock.ts";
import type { FallbackReason } from "../contract/status.ts";
import type { NewPayloadVersion } from "../engine-api/methods.ts";
import { type OwnPayload, ownPayloadOf } from "../engine-api/own-payload.ts";
import type { UpstreamAnswer } from "../engine-api/upstream-client.ts";
import { validate } from "../engine-api/validate.ts";
import { type Choice, type ChoosePayloadIo, choosePayload } from "../selection/choose-payload.ts";
import { chainParamsOf } from "../selection/extra-data.ts";
import type { SequencerProxy } from "../sequencer-proxy.ts";

/** One getPayload of op-node, as far as choosing needs it. */
export type AskedPayload = {
  readonly method: string;
  readonly payloadId: string;
  readonly version: NewPayloadVersion;
  readonly askedAtMs: number;
  /** The execution client's own answer, on its way. */
  readonly own: Promise<UpstreamAnswer>;
};

/** Who makes this block: settled by mode and job alone, or chosen among the builders' payloads. Never rejects. */
export function chooseForJob(asked: AskedPayload, proxy: SequencerProxy): Promise<Choice> {
  const { executionClient } = proxy.wiring();
  return choose(asked, proxy, (envelope, version, deadline) =>
    validate({ ...proxy, executionClient }, envelope, version, deadline),
  );
}

/** One block in so many is validated in a dry run: enough to see a builder that makes invalid blocks, little load. */
const DRY_RUN_VALIDATES_ONE_IN = 10;

/** A dry run's validation keeps nobody waiting; it ends before the next block's. */
const DRY_RUN_VALIDATION_MS = 1_000;

/** The same choice in a dry run: never handed out, a sample validated once op-node has its answer. Never rejects. */
export async function comparePayloads(asked: AskedPayload, proxy: SequencerProxy): Promise<Choice> {
  const { executionClient } = proxy.wiring();
  const choice = await choose(asked, proxy, async (envelope, version) => {
    if (envelope.blockNumber % BigInt(DRY_RUN_VALIDATES_ONE_IN) !== 0n) return { kind: "not_asked" };
    await asked.own;
    const deadline = { atMs: proxy.clock.monotonicMs() + DRY_RUN_VALIDATION_MS };
    return validate({ ...proxy, executionClient }, envelope, version, deadline);
  });
  if (choice.outcomes.length === 0) return choice;
  const outcomes = choice.outcomes.map((part) =>
    part.outcome === "chosen" ? { ...part, outcome: "dry_run" as const } : part,
  );
  return { source: "execution_client", reason: "dry_run", detail: undefined, outcomes };
}

/** A fault of our own costs the builders' blocks, never op-node's. */
const choose: typeof chooseOrReject = (asked, proxy, validateIt) =>
  chooseOrReject(asked, proxy, validateIt).catch((error: unknown) => {
    proxy.fault(error);
    return { ...ownBlock("validation_failed"), detail: "choosing failed, see the log" };
  });

async function chooseOrReject(
  asked: AskedPayload,
  proxy: SequencerProxy,
  validateIt: ChoosePayloadIo["validate"],
): Promise<Choice> {
  const { clock, validationTime, jobs } = proxy;
  const { timing, selection } = proxy.wiring().config;
  const job = jobs.get(asked.payloadId);
  if (job === undefined) return ownBlock("unknown_job");
  const left = jobs.leftToOwn(asked.payloadId);
  if (left !== undefined) return ownBlock(left);
  if (proxy.executionMode() === "disabled") return ownBlock("disabled");
  if (jobs.isOwnBlockOnly(asked.payloadId)) return ownBlock("rejected_before");
  const deadlines = {
    builder: { atMs: asked.askedAtMs + timing.builderDeadlineMs },
    decision: { atMs: asked.askedAtMs + timing.decisionDeadlineMs },
  };
  const ownPayload = asked.own.then(readOwnPayload);
  void ownPayload.then((own) => {
    if (own !== undefined && job.builders.kind === "asked") {
      jobs.learnChainParams(chainParamsOf(job.builders.attributes, own.extraData));
    }
  });
  const call = { method: asked.method, validate: asked.version, selection, graceMs: timing.graceMs };
  return choosePayload(job, call, deadlines, {
    clock,
    own: (deadline) => byDeadline(clock, deadline, ownPayload, undefined),
    chainParams: () => jobs.chainParams,
    validate: validateIt,
    lastStart: (deadline) => validationTime.lastStart(deadline),
    fault: proxy.fault,
    fits: (deadline) => validationTime.fits(deadline),
    isHandedOutForAnother: (blockHash) => jobs.isHandedOutForAnother(blockHash, asked.payloadId),
  });
}

/** The execution client's block, and no builder was asked for its payload. */
export const ownBlock = (reason: FallbackReason): Choice => ({
  source: "execution_client",
  reason,
  detail: undefined,
  outcomes: [],
});

const readOwnPayload = (answer: UpstreamAnswer): OwnPayload | undefined =>
  answer.kind === "answered" && answer.status === 200 ? ownPayloadOf(answer.body) : undefined;
