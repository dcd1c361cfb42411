import type { BuilderReply } from "../builder-answers.ts";
import type { ConfigFile } from "../contract/config-file.ts";
import type { FallbackReason, ValidationVerdict } from "../contract/status.ts";
import type { NewPayloadVersion } from "../engine-api/methods.ts";
import type { OwnPayload } from "../engine-api/own-payload.ts";
import { isSoundAroundPayload } from "../engine-api/payload.ts";
import { unreadableField } from "../engine-api/payload-form.ts";
import type { BuilderSample } from "../health/builder-state.ts";
import { type Asked, failedAttributeCheck } from "./attribute-checks.ts";
import { type Candidate, candidateOf } from "./candidate.ts";
import { isNearlyEmpty } from "./rank.ts";

/** What became of one builder that was asked, in the words of the fallback reasons; `chosen` and `not_needed` else. */
export type BuilderOutcome = {
  readonly builder: string;
  readonly outcome: FallbackReason | "chosen" | "not_needed";
  readonly detail: string | undefined;
  readonly candidate: Candidate | undefined;
  /** Of its payload; undefined where it gave none. */
  readonly blockHash: string | undefined;
  /** From op-node's request to the builder's payload; undefined where it gave none. */
  readonly answeredMs: number | undefined;
  /** What the execution client said to the payload and how long it took; absent where it was not asked. */
  readonly validation?: { readonly verdict: ValidationVerdict; readonly tookMs: number };
};

/** The clause of a block that was handed out for another payload id. */
export const REPEATED = { outcome: "repeated_block", detail: "V-14" } as const;

type Judging = {
  readonly builder: string;
  /** Place in the config's list. */
  readonly priority: number;
  readonly answeredMs: number;
  readonly own: OwnPayload | undefined;
  readonly chainParams: string | undefined;
  readonly job: Asked["job"];
  readonly version: NewPayloadVersion;
  readonly selection: ConfigFile["selection"];
  readonly isHandedOutForAnother: (blockHash: string) => boolean;
};

/** A candidate, where the reply holds the block that was asked for; else what is wrong with it. */
export function judged(reply: BuilderReply, judging: Judging): BuilderOutcome {
  const { builder, priority, answeredMs, own, chainParams, job, version, selection } = judging;
  const refused = (outcome: FallbackReason | "not_needed", detail?: string): BuilderOutcome => ({
    builder,
    outcome,
    detail,
    candidate: undefined,
    blockHash: reply.kind === "payload" ? reply.envelope.blockHash : undefined,
    answeredMs: reply.kind === "payload" ? answeredMs : undefined,
  });
  if (reply.kind === "no_payload") return refused(reply.reason, reply.detail);
  const { envelope } = reply;
  if (!isSoundAroundPayload(envelope)) return refused("builder_malformed", "the envelope is not sound JSON");
  const { payloadBytesMax, minGasUsedPercent } = selection;
  const failed = failedAttributeCheck(envelope, { job, own, chainParams, version, payloadBytesMax });
  if (failed !== undefined) return refused("attributes_mismatch", failed);
  const unreadable = unreadableField(envelope);
  if (unreadable !== undefined) return refused("builder_malformed", `op-node cannot read its payload: ${unreadable}`);
  if (judging.isHandedOutForAnother(envelope.blockHash)) return refused(REPEATED.outcome, REPEATED.detail);
  const candidate = candidateOf(builder, priority, envelope);
  if (own !== undefined && isNearlyEmpty(candidate.gasUsed, own.gasUsed, minGasUsedPercent))
    return refused("nearly_empty", "V-16");
  return { builder, outcome: "not_needed", detail: undefined, candidate, blockHash: envelope.blockHash, answeredMs };
}

/** What a payload that came says about its builder. */
export const roundSample = ({ candidate, outcome, detail }: BuilderOutcome): BuilderSample =>
  candidate === undefined
    ? { kind: "round", verdict: "invalid", detail: detail === undefined ? outcome : `${outcome}: ${detail}` }
    : { kind: "round", verdict: "good" };

/** A benched builder's payload is checked, and not more: a validation is a block's execution near the slot. */
export const benched = (outcome: BuilderOutcome): BuilderOutcome =>
  outcome.candidate === undefined
    ? outcome
    : { ...outcome, outcome: "builder_benched", detail: undefined, candidate: undefined };
