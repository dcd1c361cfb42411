import { type BuilderReply, builderJob, builderReply, headOf, laneSample, replySample } from "./builder-answers.ts";
import type { BuilderAside } from "./builder-aside.ts";
import { byDeadline, type Clock, type Deadline } from "./clock.ts";
import type { BuilderConfig } from "./contract/config-file.ts";
import type { FallbackReason } from "./contract/status.ts";
import { requestBody } from "./engine-api/json-rpc.ts";
import { LANE_DEFAULTS, Lane, type LaneAnswer, type LaneKind } from "./engine-api/lane.ts";
import type { Upstream } from "./engine-api/upstream-client.ts";
import type { Keys, UpstreamKeys } from "./engine-api/upstream-keys.ts";
import { type BuilderHealth, type BuilderSample, builderHealthAfter, unknownBuilder } from "./health/builder-state.ts";
import { type Observed, watchState } from "./health/state-change.ts";
import type { BuilderJob } from "./payload-job/payload-job.ts";
import type { RecentBlocks } from "./payload-job/recent-blocks.ts";
import type { RecentHeads } from "./payload-job/recent-heads.ts";

/** Hashes of blocks a builder has called VALID, or its head: more than the blocks that are kept for it. */
const KNOWN_BLOCKS_KEPT = 64;

/** A builder that needs longer to name its head is taken as not answering. */
const HEAD_TIMEOUT_MS = 1_000;

const HEAD_BODY = requestBody("eth_getBlockByNumber", ['"latest"', "false"]);

/** A wired builder: its connection, its ordered lane, and what it did last. */
export class Builder {
  /** What it hears in no order with the lane. */
  readonly aside: BuilderAside;
  readonly lane: Lane;
  /** It stands before builders, which it judges itself: what they make of a job is no fault of its own. */
  readonly isBalancer: boolean;
  readonly #client: Upstream;
  readonly #clock: Clock;
  readonly #keys: UpstreamKeys;
  #config: BuilderConfig;
  readonly #knownBlocks = new Set<string>();
  #health: BuilderHealth;
  /** A balancer calls every block VALID, whatever the builders behind it have: a job closes the gap, as it brings what they lack. */
  #hasGap: boolean;
  /** Nothing was lost since the newest job's blocks began to go to it. */
  #isClosingGap = false;
  #isHeadAsked = false;
  #isClosed = false;
  readonly #watchState: (health: BuilderHealth) => void;

  constructor(
    config: BuilderConfig,
    dependencies: {
      readonly client: Upstream;
      readonly aside: BuilderAside;
      readonly clock: Clock;
      readonly keys: UpstreamKeys;
      readonly isBalancer?: boolean;
      /** Told when the state changes, until the builder is closed. */
      readonly observe?: ((observed: Observed) => void) | undefined;
    },
  ) {
    this.#config = config;
    this.#keys = dependencies.keys;
    this.aside = dependencies.aside;
    this.isBalancer = dependencies.isBalancer === true;
    this.#hasGap = this.isBalancer;
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
    this.#health = unknownBuilder(dependencies.clock.nowMs());
    this.#watchState = watchState(this.#health, dependencies.clock, (change) =>
      dependencies.observe?.({ subject: "builder", name: config.name, change }),
    );
    this.lane = new Lane(LANE_DEFAULTS, {
      ...dependencies,
      observe: (kind, answer, blockHash) => this.#heard(kind, answer, blockHash),
    });
  }

  get config(): BuilderConfig {
    return this.#config;
  }

  /** Other keys, or anything but name and address: the builder goes on, with its jobs and connections. */
  change(config: BuilderConfig, keys: Keys): void {
    this.#config = config;
    this.#keys.change(keys);
  }

  get health(): BuilderHealth {
    return this.#health;
  }

  /**
   * Sends a job's FCU on the lane and reads the builder's answer. With `parents`, the kept blocks up to the job's head that
   * the builder has not called VALID go first.
   */
  async startJob(
    forkchoiceBody: Buffer,
    parents?: { readonly headBlockHash: string; readonly blocks: RecentBlocks },
  ): Promise<BuilderJob> {
    this.aside.catchUp();
    if (parents === undefined) return builderJob(await this.lane.job(forkchoiceBody));
    const { headBlockHash, blocks } = parents;
    const lacking = () => {
      this.#isClosingGap = true;
      return blocks.pathTo(headBlockHash, (hash) => this.#knownBlocks.has(hash));
    };
    return builderJob(await this.lane.job(forkchoiceBody, headBlockHash, lacking));
  }

  /** Asks for the job's payload. The FCU's answer may still be on its way: it is waited for within the deadline. */
  async getPayload(method: string, job: Promise<BuilderJob>, deadline: Deadline): Promise<BuilderReply> {
    const started = await byDeadline(this.#clock, deadline, job, LATE);
    if (started === LATE) this.sample({ kind: "no_answer", to: "forkchoice", detail: "timed out" });
    if (started.kind !== "building") return { kind: "no_payload", reason: started.reason, detail: started.detail };
    // A payload asked for before it has the limit may have been made without it.
    const owed = await this.aside.notCaughtUp(deadline);
    if (owed !== undefined && this.#clock.monotonicMs() >= deadline.atMs) return { kind: "no_payload", ...owed };
    const answer = await this.#client.call({
      body: requestBody(method, [`"${started.payloadId}"`]),
      deadline,
      repeatable: true,
    });
    const reply = builderReply(answer);
    if (reply.kind === "no_payload") {
      this.sample(replySample(reply));
      return reply;
    }
    const behind = owed ?? (await this.aside.notCaughtUp(deadline));
    return behind === undefined ? reply : { kind: "no_payload", ...behind };
  }

  /** Asks for the builder's head and compares it with ours. Does nothing while an earlier question is under way. */
  async watchHead(heads: RecentHeads): Promise<void> {
    if (this.#isHeadAsked) return;
    this.#isHeadAsked = true;
    const deadline = { atMs: this.#clock.monotonicMs() + HEAD_TIMEOUT_MS };
    const answer = await this.#client.call({ body: HEAD_BODY, deadline, repeatable: true });
    this.#isHeadAsked = false;
    if (answer.kind !== "answered") {
      const detail = answer.kind === "late" ? "timed out" : answer.detail;
      this.sample({ kind: "no_answer", to: "connection", detail });
      return;
    }
    const head = headOf(answer);
    if (head !== undefined) this.#know(head.hash);
    const behind = head === undefined ? undefined : heads.behind(head.number, head.hash);
    if (behind !== undefined) this.sample({ kind: "head", behind });
  }

  /** What a proxy's execution client said to a block of this builder. */
  judged(verdict: FallbackReason | "chosen"): void {
    if (BLAMES_BUILDER.has(verdict)) this.sample({ kind: "round", verdict: "invalid", detail: verdict });
  }

  /** Sends a call whose answer does not matter, beside the lane. Ends within a second. */
  async tell(body: Buffer): Promise<void> {
    await this.#client.call({ body, deadline: { atMs: this.#clock.monotonicMs() + TELL_TIMEOUT_MS } });
  }

  /** Notes one thing the builder did. */
  sample(sample: BuilderSample): void {
    if (this.#mayHaveRestarted(sample)) this.aside.wasAway();
    this.#health = builderHealthAfter(this.#health, this.isBalancer ? ofBalancer(sample) : sample, this.#clock.nowMs());
    if (!this.#isClosed) this.#watchState(this.#health);
  }

  /** Drops what waits and ends the connections. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.lane.close();
    await Promise.all([this.#client.close(), this.aside.close()]);
  }

  #heard(kind: LaneKind, answer: LaneAnswer, blockHash: string | undefined): boolean {
    const sample = laneSample(kind, answer);
    if (sample !== undefined) this.sample(sample);
    const isKnown = sample?.kind === "followed";
    if (isKnown && kind === "job" && this.#isClosingGap) this.#hasGap = false;
    if (isKnown && blockHash !== undefined && !this.#hasGap) this.#know(blockHash);
    // It may have been restarted, and have come back with an older chain. An error says nothing of the kind.
    if (sample?.kind === "syncing" || sample?.kind === "no_answer") {
      this.#knownBlocks.clear();
      this.#hasGap = this.isBalancer;
      this.#isClosingGap = false;
    }
    return isKnown;
  }

  /**
   * One that restarts between two calls misses neither: it shows by blocks it no longer knows. A block among those that are
   * brought to it while it lags shows nothing new.
   */
  #mayHaveRestarted(sample: BuilderSample): boolean {
    if (sample.kind !== "syncing") return sample.kind === "no_answer";
    return sample.to === "forkchoice" || this.#health.facts.lag === undefined;
  }

  #know(blockHash: string): void {
    this.#knownBlocks.delete(blockHash);
    this.#knownBlocks.add(blockHash);
    for (const oldest of this.#knownBlocks) {
      if (this.#knownBlocks.size <= KNOWN_BLOCKS_KEPT) return;
      this.#knownBlocks.delete(oldest);
    }
  }
}

/** A balancer is never benched: it answered, or it did not. */
function ofBalancer(sample: BuilderSample): BuilderSample {
  if (sample.kind !== "round" || sample.verdict === "good") return sample;
  return sample.verdict === "late"
    ? { kind: "no_answer", to: "payload", detail: sample.detail }
    : { kind: "round", verdict: "good" };
}

/** What a proxy may find of a block that is its builder's fault; the others are the execution client's or time's. */
const BLAMES_BUILDER: ReadonlySet<FallbackReason | "chosen"> = new Set([
  "attributes_mismatch",
  "builder_malformed",
  "nearly_empty",
  "repeated_block",
  "validation_invalid",
]);

/** How long such a call may take. */
const TELL_TIMEOUT_MS = 1_000;

const LATE: BuilderJob = { kind: "not_building", reason: "builder_late", detail: "no answer to the FCU" };
