import { z } from "zod";
import { ExecutionMode, Role } from "./config-file.ts";
import { AdminHand } from "./execution-mode.ts";

/** Why the execution client's own payload was handed out. The same word in status, log and metric label. */
export const FallbackReason = z.enum([
  /** The emergency shut-off is pulled. */
  "disabled",
  /** Builders are asked and compared, their blocks never handed out. */
  "dry_run",
  /** The attributes say noTxPool: a derived block, which no builder may change (E-13). */
  "no_tx_pool",
  /** The slot had passed when op-node asked for the block: it is catching up. */
  "slot_passed",
  /** No builder is wired to this proxy. */
  "no_builder",
  /** The sequencer's own op-conductor says that it does not lead, and the builders are shared. */
  "not_leader",
  /** The payload id belongs to no job of this process (it was restarted): the execution client's, verbatim. */
  "unknown_job",
  /** The builder did not answer within builderDeadlineMs. */
  "builder_late",
  /** The builder does not know the parent yet. */
  "builder_syncing",
  /** No connection to the builder, or it broke. */
  "builder_unreachable",
  /** The builder answered with an error. */
  "builder_refused",
  /** The builder follows, but makes no block of this job: a balancer whose slot is another sequencer's. */
  "builder_declined",
  /** The builder's answer is not a payload. */
  "builder_malformed",
  /** The payload passes the attribute checks, but too many of the builder's last ones failed. */
  "builder_benched",
  /** The payload is not the block that was asked for (V-1 to V-13, V-15); `check` says which clause. */
  "attributes_mismatch",
  /** The payload uses less gas than minGasUsedPercent of the execution client's own. */
  "nearly_empty",
  /** The block was already handed out for another payload id (V-14). */
  "repeated_block",
  /** The execution client called the payload INVALID. */
  "validation_invalid",
  /** The execution client answered SYNCING or ACCEPTED, which validates nothing. */
  "validation_undecided",
  /** The execution client answered newPayload with an error. */
  "validation_failed",
  /** decisionDeadlineMs was over before the execution client had validated the payload. */
  "validation_late",
  /** The builder's block of this job was rejected after it was handed out: from then on only the own block. */
  "rejected_before",
]);
export type FallbackReason = z.infer<typeof FallbackReason>;

/** What the sequencer's own op-conductor said when the leadership fence asked it; `unknown`: nothing in time, or no answer. */
export const Leadership = z.enum(["leader", "follower", "unknown"]);
export type Leadership = z.infer<typeof Leadership>;

const PayloadSource = z.enum(["builder", "execution_client"]);

/** What the execution client said to a builder's payload; `late`: nothing in time, `failed`: an error. */
export const ValidationVerdict = z.enum(["valid", "invalid", "undecided", "failed", "late"]);
export type ValidationVerdict = z.infer<typeof ValidationVerdict>;

/**
 * One builder's part in a block: `chosen`, `not_needed` (a better one was), or why its payload was not handed out; `dry_run`
 * where that is the only reason.
 */
const BuilderPart = z.object({
  builder: z.string(),
  outcome: z.enum(["chosen", "not_needed", ...FallbackReason.options]),
  detail: z.string().optional(),
  /** From op-node's request to the builder's payload; absent where it gave none. */
  answeredMs: z.number().optional(),
  /** Decimal. */
  gasUsed: z.string().optional(),
  userTransactions: z.int().optional(),
  payloadBytes: z.int().optional(),
  /** What the execution client said to the payload; absent where it was not asked. */
  verdict: ValidationVerdict.optional(),
  validationMs: z.number().optional(),
});

/** The execution client's own payload, as far as it had come and was read. */
const OwnPart = z.object({
  answeredMs: z.number(),
  /** Decimal. */
  gasUsed: z.string().optional(),
  userTransactions: z.int().optional(),
  payloadBytes: z.int().optional(),
});
export type OwnPart = z.infer<typeof OwnPart>;

/** One answered getPayload. */
export const BlockDecision = z.object({
  /** When op-node was answered, ISO 8601. */
  at: z.string(),
  payloadId: z.string(),
  /** Absent where the answer was an error, or the execution client's bytes were passed on unread. */
  blockNumber: z.int().optional(),
  blockHash: z.string().optional(),
  source: PayloadSource,
  builder: z.string().optional(),
  fallbackReason: FallbackReason.optional(),
  /** The leadership fence's answer to this job; absent where it was not asked. */
  leadership: Leadership.optional(),
  /** The clause of the check that failed, e.g. `V-5`, or the upstream's words, shortened. */
  detail: z.string().optional(),
  /** From op-node's request to our answer. */
  tookMs: z.number(),
  /** False where the execution client itself had no payload to give. */
  answered: z.boolean(),
  /** Absent where it had not answered when the builder's payload was handed out. */
  executionClient: OwnPart.optional(),
  /** What became of each builder that was asked, in the order of the config. */
  builders: z.array(BuilderPart).default([]),
});
export type BlockDecision = z.infer<typeof BlockDecision>;

/**
 * `healthy`: follows the chain. `lagging`: answers, but is behind, syncing or refuses. `silent`: does not answer.
 * `benched`: too many of its last payloads were late, refused or invalid. `unknown`: not asked yet.
 */
export const BuilderState = z.enum(["unknown", "healthy", "lagging", "silent", "benched"]);
export type BuilderState = z.infer<typeof BuilderState>;

/**
 * What a balancer makes of an FCU with attributes. `started`: the slot was free. `shared`: the same job again. `replaced`: it
 * took the place of the slot's job. `refused`: the slot's job is another sequencer's.
 */
export const JobOutcome = z.enum(["started", "shared", "replaced", "refused"]);
export type JobOutcome = z.infer<typeof JobOutcome>;

/** How many of the last decisions `/status` shows. */
export const DECISIONS_SHOWN_MAX = 64;

/** What `GET /status` answers. Written for the operator and for people: no secret, no URL with credentials. */
export const ProxyStatus = z.object({
  schemaVersion: z.int(),
  version: z.string(),
  cluster: z.string(),
  sequencer: z.string(),
  role: Role,
  startedAt: z.string(),
  /** Of the config document that runs. */
  revision: z.int(),
  /** Fields of that document this proxy does not know: it is older than its operator. */
  unknownFields: z.array(z.string()),
  /**
   * What is wrong with the files the proxy reads (config, JWT secrets, CA certificates), each with its path; the last good
   * content goes on. Absent where all is well.
   */
  fileProblems: z.array(z.string()).optional(),
  /** The stricter of what the config and the admin API's hand say. */
  executionMode: ExecutionMode,
  /** What each hand holds. `notKept`: why a restart would forget it; absent where it is on disk. */
  executionModeHands: z
    .object({ config: ExecutionMode, admin: AdminHand.optional(), notKept: z.string().optional() })
    .optional(),
  ready: z.boolean(),
  draining: z.boolean(),
  /** Absent for a balancer, which has none. */
  executionClient: z.object({ usable: z.boolean(), since: z.string(), reason: z.string().optional() }).optional(),
  /** The leadership fence's last answer; absent before the first, and where there is no fence. */
  leadership: z.object({ answer: Leadership, at: z.string() }).optional(),
  builders: z.array(
    z.object({
      name: z.string(),
      state: BuilderState,
      since: z.string(),
      reason: z.string().optional(),
    }),
  ),
  blocks: z.object({
    builder: z.int(),
    executionClient: z.int(),
    /** getPayload calls that ended in an error, because the execution client had none. */
    unanswered: z.int(),
    byFallbackReason: z.partialRecord(FallbackReason, z.int()),
  }),
  /** A balancer's FCUs with attributes, by what came of them. */
  jobs: z.record(JobOutcome, z.int()).optional(),
  /** Newest last. */
  lastDecisions: z.array(BlockDecision).max(DECISIONS_SHOWN_MAX),
});
export type ProxyStatus = z.infer<typeof ProxyStatus>;

/**
 * What `PUT /config` answers: 200 `accepted` or `unchanged`, 409 `ignored` or `conflict`, and for `refused` 400, or 503 where the
 * document is good and could not be kept.
 */
export const ConfigPushAnswer = z.object({
  outcome: z.enum(["accepted", "unchanged", "ignored", "conflict", "refused"]),
  /** Of the document that runs after the call. */
  revision: z.int(),
  problems: z.array(z.object({ path: z.string(), found: z.string(), allowed: z.string() })),
  unknownFields: z.array(z.string()),
  /** Why a good document could not be kept; the same push may succeed later. Absent for every other refusal. */
  notKept: z.string().optional(),
});
export type ConfigPushAnswer = z.infer<typeof ConfigPushAnswer>;
