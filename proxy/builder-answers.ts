import type { FallbackReason } from "./contract/status.ts";
import { viewForkchoiceAnswer } from "./engine-api/forkchoice.ts";
import { OWN_CALL_ID, viewAnswer } from "./engine-api/json-rpc.ts";
import { member, quantityOf, stringOf } from "./engine-api/json-view.ts";
import type { LaneAnswer } from "./engine-api/lane.ts";
import { type Envelope, viewEnvelope, viewPayloadStatus } from "./engine-api/payload.ts";
import type { UpstreamAnswer } from "./engine-api/upstream-client.ts";
import type { BuilderSample } from "./health/builder-state.ts";
import type { BuilderJob } from "./payload-job/payload-job.ts";

/** What a builder gave when it was asked for a job's payload. */
export type BuilderReply =
  | { readonly kind: "payload"; readonly envelope: Envelope }
  | {
      readonly kind: "no_payload";
      readonly reason: FallbackReason | "not_needed";
      readonly detail: string | undefined;
    };

/** Reads the answer to a job's FCU. */
export function builderJob(answer: LaneAnswer): BuilderJob {
  if (answer.kind !== "answered") {
    return { kind: "not_building", ...whyUnanswered(answer), isDropped: answer.kind === "dropped" };
  }
  const forkchoice = answer.status === 200 ? viewForkchoiceAnswer(answer.body) : undefined;
  if (forkchoice === undefined) return { kind: "not_building", reason: "builder_refused", detail: refusalOf(answer) };
  const { status, payloadId } = forkchoice;
  if (status === "VALID" && payloadId !== undefined && /^0x[0-9a-fA-F]{1,64}$/.test(payloadId)) {
    return { kind: "building", payloadId };
  }
  const reason = status === "VALID" && payloadId === undefined ? "builder_declined" : REASON_OF_STATUS.get(status);
  return {
    kind: "not_building",
    reason: reason ?? "builder_refused",
    detail: `FCU answered ${statusText(status)}`,
  };
}

const REASON_OF_STATUS: ReadonlyMap<string, FallbackReason> = new Map([["SYNCING", "builder_syncing"]]);

/** Reads the answer to a getPayload. */
export function builderReply(answer: UpstreamAnswer): BuilderReply {
  if (answer.kind !== "answered") return { kind: "no_payload", ...whyUnanswered(answer) };
  if (answer.status !== 200) return { kind: "no_payload", reason: "builder_refused", detail: `HTTP ${answer.status}` };
  const rpc = viewAnswer(answer.body, OWN_CALL_ID);
  if (rpc.kind === "error") return { kind: "no_payload", reason: "builder_refused", detail: `error ${rpc.code}` };
  const envelope = rpc.kind === "result" ? viewEnvelope(answer.body, rpc.result) : undefined;
  return envelope === undefined
    ? { kind: "no_payload", reason: "builder_malformed", detail: "the answer is not a payload" }
    : { kind: "payload", envelope };
}

/** What an answer on the lane says about the builder; undefined where the call never left. */
export function laneSample(kind: "new-payload" | "forkchoice" | "job", answer: LaneAnswer): BuilderSample | undefined {
  const to = kind === "new-payload" ? "new_payload" : "forkchoice";
  switch (answer.kind) {
    case "dropped":
      return undefined;
    case "late":
      return { kind: "no_answer", to, detail: "timed out" };
    case "unreachable":
      return { kind: "no_answer", to, detail: answer.detail };
    case "answered": {
      const status = (kind === "new-payload" ? viewPayloadStatus(answer.body) : viewForkchoiceAnswer(answer.body))
        ?.status;
      if (status === "VALID") return { kind: "followed", to };
      if (status === "SYNCING" || status === "ACCEPTED") return { kind: "syncing", to };
      return { kind: "refused", to, detail: status === undefined ? refusalOf(answer) : statusText(status) };
    }
  }
}

/** What a getPayload without a payload says about the builder. */
export function replySample({ reason, detail }: Extract<BuilderReply, { kind: "no_payload" }>): BuilderSample {
  switch (reason) {
    case "builder_late":
      return { kind: "round", verdict: "late", detail: "no payload in time" };
    case "builder_unreachable":
      return { kind: "no_answer", to: "connection", detail: detail ?? reason };
    default:
      return { kind: "round", verdict: "refused", detail: detail ?? reason };
  }
}

/** A block's number and hash out of an answer to `eth_getBlockByNumber`; undefined where it is no block. */
export function headOf(answer: UpstreamAnswer): { readonly number: bigint; readonly hash: string } | undefined {
  if (answer.kind !== "answered" || answer.status !== 200) return undefined;
  const rpc = viewAnswer(answer.body, OWN_CALL_ID);
  if (rpc.kind !== "result") return undefined;
  const number = quantityOf(answer.body, member(rpc.result, "number"));
  const hash = stringOf(answer.body, member(rpc.result, "hash"))?.toLowerCase();
  if (number === undefined || hash === undefined || hash.length > HASH_LENGTH) return undefined;
  return { number, hash };
}

/** A longer text is no hash, and the last ones are kept. */
const HASH_LENGTH = 66;

const statusText = (status: string): string => (/^[A-Z_]{1,32}$/.test(status) ? status : "an unknown status");

function whyUnanswered(answer: Exclude<LaneAnswer, { kind: "answered" }>): {
  readonly reason: FallbackReason;
  readonly detail: string | undefined;
} {
  switch (answer.kind) {
    case "late":
      return { reason: "builder_late", detail: undefined };
    case "unreachable":
      return { reason: "builder_unreachable", detail: answer.detail };
    case "dropped":
      return { reason: "builder_late", detail: "newer calls took its place on the lane" };
  }
}

function refusalOf(answer: Extract<UpstreamAnswer, { kind: "answered" }>): string {
  if (answer.status !== 200) return `HTTP ${answer.status}`;
  const rpc = viewAnswer(answer.body);
  return rpc.kind === "error" ? `error ${rpc.code}` : "the answer is not JSON-RPC";
}
