import type { Builder } from "../builder.ts";
import type { Clock, Deadline } from "../clock.ts";
import type { ConfigFile } from "../contract/config-file.ts";
import type { FallbackReason } from "../contract/status.ts";
import { rawBytes } from "../engine-api/json-view.ts";
import type { NewPayloadVersion } from "../engine-api/methods.ts";
import type { OwnPayload } from "../engine-api/own-payload.ts";
import type { Envelope } from "../engine-api/payload.ts";
import { isWaitedFor } from "../health/builder-state.ts";
import type { AskedBuilder, JobBuilders, PayloadJob } from "../payload-job/payload-job.ts";
import { type BuilderOutcome, benched, judged, REPEATED, roundSample } from "./builder-outcome.ts";
import type { Candidate } from "./candidate.ts";
import { furthest } from "./furthest-reason.ts";
import { gather } from "./gather.ts";
import { ranked } from "./rank.ts";

/** Who makes the block: a builder whose payload was found VALID, or the execution client, with the reason. */
export type Choice = (
  | { readonly source: "builder"; readonly builder: string; readonly envelope: Envelope }
  | { readonly source: "execution_client"; readonly reason: FallbackReason; readonly detail: string | undefined }
) & { readonly outcomes: readonly BuilderOutcome[] };

/** What the execution client said to a candidate. */
export type Verdict =
  | { readonly kind: "valid"; readonly tookMs?: number }
  /** It was not asked: nothing is known. */
  | { readonly kind: "not_asked" }
  | {
      readonly kind: "not_valid";
      readonly reason: FallbackReason;
      readonly detail: string | undefined;
      /** Absent where it was not asked for lack of time. */
      readonly tookMs?: number;
    };

export type ChoosePayloadIo = {
  readonly clock: Clock;
  /** The execution client's own payload; undefined where it fails or has not come by the deadline. */
  readonly own: (deadline: Deadline) => Promise<OwnPayload | undefined>;
  /** What zero eip1559Params stand for on this chain, once an own payload has shown it (V-10). */
  readonly chainParams: () => string | undefined;
  readonly validate: (envelope: Envelope, version: NewPayloadVersion, deadline: Deadline) => Promise<Verdict>;
  /** Whether the measured times say that a validation can still end by the deadline. */
  readonly fits: (deadline: Deadline) => boolean;
  /** The last instant at which a validation can begin and end by the deadline, by the measured times. */
  readonly lastStart: (deadline: Deadline) => Deadline;
  /** Whether the block was handed out for another payload id (V-14). */
  readonly isHandedOutForAnother: (blockHash: string) => boolean;
  /** A fault of our own while one builder's answer was read: it costs that builder's block only. */
  readonly fault: (error: unknown) => void;
};

type AskableBuilder = Pick<Builder, "config" | "getPayload" | "health" | "sample">;

type Deadlines = { readonly builder: Deadline; readonly decision: Deadline };

type Call = {
  readonly method: string;
  readonly validate: NewPayloadVersion;
  readonly selection: ConfigFile["selection"];
  readonly graceMs: number;
};

/** Each costs the execution client a block's execution near the slot (F-11). */
const VALIDATIONS_MAX = 2;

/**
 * Asks the job's builders at once, checks their payloads against the attributes, ranks them, and has the execution client
 * validate the best, then the next best. Ends by the decision deadline; every way but `VALID` ends at the execution client's
 * own payload. Never throws.
 */
export async function choosePayload(
  job: PayloadJob<AskableBuilder>,
  call: Call,
  deadlines: Deadlines,
  io: ChoosePayloadIo,
): Promise<Choice> {
  if (job.builders.kind === "not_asked") {
    return { source: "execution_client", reason: job.builders.reason, detail: undefined, outcomes: [] };
  }
  const outcomes = [...(await askBuilders(job, job.builders, call, deadlines, io))];
  const candidates = outcomes.flatMap(({ candidate }) => (candidate === undefined ? [] : [candidate]));
  const handleOf = new Map(job.builders.asked.map(({ handle }) => [handle.config.name, handle]));
  for (const candidate of worthValidating(ranked(call.selection.policy, candidates))) {
    const at = outcomes.findIndex((outcome) => outcome.candidate === candidate);
    const outcome = outcomes[at];
    if (outcome === undefined) continue;
    const verdict = io.fits(deadlines.decision)
      ? await io.validate(candidate.envelope, call.validate, deadlines.decision)
      : NO_TIME;
    if (verdict.kind === "not_asked") {
      outcomes[at] = { ...outcome, outcome: "dry_run" };
      break;
    }
    const validated = { ...outcome, ...validationOf(verdict) };
    if (verdict.kind === "valid" && io.isHandedOutForAnother(candidate.envelope.blockHash)) {
      // While it was validated, by the getPayload of another id.
      outcomes[at] = { ...validated, ...REPEATED };
      continue;
    }
    if (verdict.kind === "valid") {
      outcomes[at] = { ...validated, outcome: "chosen" };
      return { source: "builder", builder: candidate.builder, envelope: candidate.envelope, outcomes };
    }
    outcomes[at] = { ...validated, outcome: verdict.reason, detail: verdict.detail };
    if (verdict.reason === "validation_invalid") handleOf.get(candidate.builder)?.sample(INVALID);
  }
  return { source: "execution_client", ...furthest(outcomes), outcomes };
}

function validationOf(verdict: Exclude<Verdict, { kind: "not_asked" }>): Pick<BuilderOutcome, "validation"> {
  if (verdict.tookMs === undefined) return {};
  const { tookMs } = verdict;
  switch (verdict.kind === "valid" ? undefined : verdict.reason) {
    case undefined:
      return { validation: { verdict: "valid", tookMs } };
    case "validation_invalid":
      return { validation: { verdict: "invalid", tookMs } };
    case "validation_undecided":
      return { validation: { verdict: "undecided", tookMs } };
    case "validation_late":
      return { validation: { verdict: "late", tookMs } };
    default:
      return { validation: { verdict: "failed", tookMs } };
  }
}

/** The best of each block: a block that two builders give is not validated twice. */
const worthValidating = (best: readonly Candidate[]): readonly Candidate[] =>
  best
    .filter(({ envelope }, at) => best.findIndex((other) => isSameBlock(other.envelope, envelope)) === at)
    .slice(0, VALIDATIONS_MAX);

/** By their bytes: a hash is what the builder says until the execution client has checked it. */
const isSameBlock = (a: Envelope, b: Envelope): boolean =>
  a === b || (a.blockHash === b.blockHash && rawBytes(a.body, a.payload).equals(rawBytes(b.body, b.payload)));

const INVALID = { kind: "round", verdict: "invalid", detail: "validation_invalid" } as const;

const NO_TIME: Verdict = {
  kind: "not_valid",
  reason: "validation_late",
  detail: "no time left by measured validations",
};

type AskedBuilders = Extract<JobBuilders<AskableBuilder>, { kind: "asked" }>;

function askBuilders(
  job: PayloadJob<AskableBuilder>,
  { asked, attributes }: AskedBuilders,
  call: Call,
  deadlines: Deadlines,
  io: ChoosePayloadIo,
): Promise<readonly BuilderOutcome[]> {
  const askedAtMs = io.clock.monotonicMs();
  const states = asked.map(({ handle }) => handle.health.state);
  const isAwaited = states.map(isWaitedFor);
  const lastStart = io.lastStart(deadlines.decision);
  // A slow own payload must not cost a good candidate: it is waited for while its validation still fits behind it.
  const ownDeadline = { atMs: Math.min(deadlines.builder.atMs, lastStart.atMs - call.graceMs) };
  const ask = async ({ handle, answer }: AskedBuilder<AskableBuilder>, priority: number): Promise<BuilderOutcome> => {
    const reply = await handle.getPayload(call.method, answer, deadlines.builder);
    const answeredMs = io.clock.monotonicMs() - askedAtMs;
    const own = reply.kind === "payload" ? await io.own(ownDeadline) : undefined;
    const outcome = judged(reply, {
      builder: handle.config.name,
      priority,
      answeredMs,
      own,
      chainParams: io.chainParams(),
      job: { ...job, attributes },
      version: call.validate,
      selection: call.selection,
      isHandedOutForAnother: io.isHandedOutForAnother,
    });
    if (reply.kind === "payload") handle.sample(roundSample(outcome));
    return handle.health.state === "benched" ? benched(outcome) : outcome;
  };
  const asks = asked.map((builder, priority) =>
    ask(builder, priority).catch((error: unknown): BuilderOutcome => {
      io.fault(error);
      return { ...UNREADABLE, builder: builder.handle.config.name };
    }),
  );
  return gather(asks, {
    clock: io.clock,
    deadline: deadlines.decision,
    graceMs: () => Math.max(0, Math.min(call.graceMs, lastStart.atMs - io.clock.monotonicMs())),
    anyway: io.own(ownDeadline),
    isWaitedFor: (index) => isAwaited[index] === true,
    isEnough: (outcome) => outcome.candidate !== undefined,
    late: (index) => ({
      ...NO_ANSWER,
      outcome: states[index] === "benched" ? "builder_benched" : "builder_late",
      builder: asked[index]?.handle.config.name ?? "",
      detail: isAwaited[index] === true ? "after the grace time" : "not waited for",
    }),
  });
}

const UNREADABLE = {
  outcome: "builder_malformed",
  detail: "reading its answer failed, see the log",
  candidate: undefined,
  blockHash: undefined,
  answeredMs: undefined,
} as const;

const NO_ANSWER = {
  candidate: undefined,
  blockHash: undefined,
  answeredMs: undefined,
} as const;
