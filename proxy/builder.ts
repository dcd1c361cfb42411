import { byDeadline, type Clock, type Deadline } from "./clock.ts";
import type { BuilderConfig } from "./contract/config-file.ts";
import type { FallbackReason } from "./contract/status.ts";
import { viewForkchoiceAnswer } from "./engine-api/forkchoice.ts";
import { OWN_CALL_ID, requestBody, viewAnswer } from "./engine-api/json-rpc.ts";
import { LANE_DEFAULTS, Lane, type LaneAnswer } from "./engine-api/lane.ts";
import { type Envelope, viewEnvelope, viewPayloadStatus } from "./engine-api/payload.ts";
import type { UpstreamAnswer, UpstreamClient } from "./engine-api/upstream-client.ts";
import { type BuilderHealth, type BuilderSample, builderHealthAfter, unknownBuilder } from "./health/builder-state.ts";
import type { BuilderJob } from "./payload-job/payload-job.ts";

/** What a builder gave when it was asked for a job's payload. */
export type BuilderReply =
  | { readonly kind: "payload"; readonly envelope: Envelope }
  | { readonly kind: "no_payload"; readonly reason: FallbackReason; readonly detail: string | undefined };

/** A wired builder: its connection, its ordered lane, and what it did last. */
export class Builder {
  readonly config: BuilderConfig;
  readonly lane: Lane;
  readonly #client: UpstreamClient;
  readonly #clock: Clock;
  #health: BuilderHealth;

  constructor(config: BuilderConfig, dependencies: { readonly client: UpstreamClient; readonly clock: Clock }) {
    this.config = config;
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
    this.#health = unknownBuilder(dependencies.clock.nowMs());
    this.lane = new Lane(LANE_DEFAULTS, {
      ...dependencies,
      observe: (kind, answer) =>
        this.#sample(kind === "new-payload" ? payloadSample(answer) : forkchoiceSample(answer)),
    });
  }

  get health(): BuilderHealth {
    return this.#health;
  }

  /** Sends a job's FCU on the lane and reads the builder's answer. */
  async startJob(forkchoiceBody: Buffer): Promise<BuilderJob> {
    return builderJob(await this.lane.job(forkchoiceBody));
  }

  /**
   * Asks for the job's payload. The FCU's answer may still be on its way: it is waited for within the deadline, but not
   * where the builder is silent anyway, so that a builder that hangs costs its deadline once.
   */
  async getPayload(method: string, job: Promise<BuilderJob>, deadline: Deadline): Promise<BuilderReply> {
    const patience = this.#health.state === "silent" ? { atMs: this.#clock.monotonicMs() } : deadline;
    const started = await byDeadline(this.#clock, patience, job, LATE);
    if (started.kind !== "building") return { kind: "no_payload", reason: started.reason, detail: started.detail };
    const answer = await this.#client.call({
      body: requestBody(method, [`"${started.payloadId}"`]),
      deadline,
      repeatable: true,
    });
    const reply = builderReply(answer);
    if (reply.kind === "no_payload") this.#sample(replySample(reply));
    return reply;
  }

  /** Drops what waits and ends the connections. */
  async close(): Promise<void> {
    this.lane.close();
    await this.#client.close();
  }

  #sample(sample: BuilderSample | undefined): void {
    if (sample !== undefined) this.#health = builderHealthAfter(this.#health, sample, this.#clock.nowMs());
  }
}

const LATE: BuilderJob = { kind: "not_building", reason: "builder_late", detail: "no answer to the FCU" };

function builderJob(answer: LaneAnswer): BuilderJob {
  if (answer.kind !== "answered") return { kind: "not_building", ...whyUnanswered(answer) };
  const forkchoice = answer.status === 200 ? viewForkchoiceAnswer(answer.body) : undefined;
  if (forkchoice === undefined) return { kind: "not_building", reason: "builder_refused", detail: refusalOf(answer) };
  const { status, payloadId } = forkchoice;
  if (status === "VALID" && payloadId !== undefined && /^0x[0-9a-fA-F]{1,64}$/.test(payloadId)) {
    return { kind: "building", payloadId };
  }
  const reason = status === "SYNCING" ? "builder_syncing" : "builder_refused";
  return {
    kind: "not_building",
    reason,
    detail: `FCU answered ${statusText(status)}`,
  };
}

const statusText = (status: string): string => (/^[A-Z_]{1,32}$/.test(status) ? status : "an unknown status");

function builderReply(answer: UpstreamAnswer): BuilderReply {
  if (answer.kind !== "answered") return { kind: "no_payload", ...whyUnanswered(answer) };
  if (answer.status !== 200) return { kind: "no_payload", reason: "builder_refused", detail: `HTTP ${answer.status}` };
  const rpc = viewAnswer(answer.body, OWN_CALL_ID);
  if (rpc.kind === "error") return { kind: "no_payload", reason: "builder_refused", detail: `error ${rpc.code}` };
  const envelope = rpc.kind === "result" ? viewEnvelope(answer.body, rpc.result) : undefined;
  return envelope === undefined
    ? { kind: "no_payload", reason: "builder_malformed", detail: "the answer is not a payload" }
    : { kind: "payload", envelope };
}

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

function forkchoiceSample(answer: LaneAnswer): BuilderSample | undefined {
  return statusSample(answer, answer.kind === "answered" ? viewForkchoiceAnswer(answer.body)?.status : undefined);
}

function payloadSample(answer: LaneAnswer): BuilderSample | undefined {
  return statusSample(answer, answer.kind === "answered" ? viewPayloadStatus(answer.body)?.status : undefined);
}

function statusSample(answer: LaneAnswer, status: string | undefined): BuilderSample | undefined {
  switch (answer.kind) {
    case "dropped":
      return undefined;
    case "late":
      return { kind: "no_answer", detail: "timed out" };
    case "unreachable":
      return { kind: "no_answer", detail: answer.detail };
    case "answered":
      if (status === "VALID") return { kind: "followed" };
      if (status === "SYNCING" || status === "ACCEPTED") return { kind: "syncing" };
      return { kind: "refused", detail: status === undefined ? refusalOf(answer) : statusText(status) };
  }
}

function replySample(reply: Extract<BuilderReply, { kind: "no_payload" }>): BuilderSample {
  return reply.reason === "builder_refused" || reply.reason === "builder_malformed"
    ? { kind: "refused", detail: reply.detail ?? reply.reason }
    : { kind: "no_answer", detail: reply.detail ?? "timed out" };
}
