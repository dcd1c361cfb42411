import type { Builder } from "../builder.ts";
import type { Deadline } from "../clock.ts";
import type { FallbackReason } from "../contract/status.ts";
import type { NewPayloadVersion } from "../engine-api/methods.ts";
import { type Envelope, isSoundAroundPayload } from "../engine-api/payload.ts";
import { unreadableField } from "../engine-api/payload-form.ts";
import type { PayloadJob } from "../payload-job/payload-job.ts";
import { failedAttributeCheck } from "./attribute-checks.ts";

/** Who makes the block: a builder whose payload was found VALID, or the execution client, with the reason. */
export type Choice =
  | { readonly source: "builder"; readonly builder: string; readonly envelope: Envelope }
  | { readonly source: "execution_client"; readonly reason: FallbackReason; readonly detail: string | undefined };

/** What the execution client said to a candidate. */
export type Verdict =
  | { readonly kind: "valid" }
  | { readonly kind: "not_valid"; readonly reason: FallbackReason; readonly detail: string | undefined };

export type ChoosePayloadIo = {
  readonly validate: (envelope: Envelope, version: NewPayloadVersion, deadline: Deadline) => Promise<Verdict>;
  /** Whether the block was handed out for another payload id (V-14). */
  readonly isHandedOutForAnother: (blockHash: string) => boolean;
};

export type Deadlines = { readonly builder: Deadline; readonly decision: Deadline };

/**
 * Asks the job's builder, checks its payload against the attributes, and has the execution client validate it. Ends by the
 * decision deadline; every way but `VALID` ends at the execution client's own payload. Never throws.
 */
export async function choosePayload(
  job: PayloadJob<Builder>,
  call: { readonly method: string; readonly validate: NewPayloadVersion },
  deadlines: Deadlines,
  io: ChoosePayloadIo,
): Promise<Choice> {
  if (job.builder.kind === "not_asked") return ownBlock(job.builder.reason);
  const { handle, answer } = job.builder;
  const reply = await handle.getPayload(call.method, answer, deadlines.builder);
  if (reply.kind === "no_payload") return ownBlock(reply.reason, reply.detail);

  const { envelope } = reply;
  if (!isSoundAroundPayload(envelope)) return ownBlock("builder_malformed", "the envelope is not sound JSON");
  const failed = failedAttributeCheck(envelope, job);
  if (failed !== undefined) return ownBlock("attributes_mismatch", failed);
  const unreadable = unreadableField(envelope);
  if (unreadable !== undefined) return ownBlock("builder_malformed", `op-node cannot read its payload: ${unreadable}`);
  if (io.isHandedOutForAnother(envelope.blockHash)) return ownBlock("repeated_block", "V-14");

  const verdict = await io.validate(envelope, call.validate, deadlines.decision);
  return verdict.kind === "valid"
    ? { source: "builder", builder: handle.config.name, envelope }
    : ownBlock(verdict.reason, verdict.detail);
}

const ownBlock = (reason: FallbackReason, detail?: string): Choice => ({ source: "execution_client", reason, detail });
