import { z } from "zod";
import { ExecutionMode } from "./config-file.ts";

/** Why the execution client's own payload was handed out. The same word in status, log and metric label. */
export const FallbackReason = z.enum([
  /** The emergency shut-off is pulled. */
  "disabled",
  /** The attributes say noTxPool: a derived block, which no builder may change (E-13). */
  "no_tx_pool",
  /** The slot had passed when op-node asked for the block: it is catching up. */
  "slot_passed",
  /** No builder is wired to this proxy. */
  "no_builder",
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
  /** The builder's answer is not a payload. */
  "builder_malformed",
  /** The payload is not the block that was asked for (V-1 to V-9); `check` says which clause. */
  "attributes_mismatch",
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

const PayloadSource = z.enum(["builder", "execution_client"]);

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
  /** The clause of the check that failed, e.g. `V-5`, or the upstream's words, shortened. */
  detail: z.string().optional(),
  /** From op-node's request to our answer. */
  tookMs: z.number(),
  /** False where the execution client itself had no payload to give. */
  answered: z.boolean(),
});
export type BlockDecision = z.infer<typeof BlockDecision>;

/** `healthy`: follows the chain. `lagging`: answers, but is syncing or refuses. `silent`: does not answer. `unknown`: not asked yet. */
export const BuilderState = z.enum(["unknown", "healthy", "lagging", "silent"]);
export type BuilderState = z.infer<typeof BuilderState>;

/** How many of the last decisions `/status` shows. */
export const DECISIONS_SHOWN_MAX = 64;

/** What `GET /status` answers. Written for the operator and for people: no secret, no URL with credentials. */
export const ProxyStatus = z.object({
  schemaVersion: z.int(),
  version: z.string(),
  cluster: z.string(),
  sequencer: z.string(),
  role: z.enum(["sequencer"]),
  startedAt: z.string(),
  /** Of the config document that runs. */
  revision: z.int(),
  /** Fields of that document this proxy does not know: it is older than its operator. */
  unknownFields: z.array(z.string()),
  executionMode: ExecutionMode,
  ready: z.boolean(),
  draining: z.boolean(),
  executionClient: z.object({
    usable: z.boolean(),
    since: z.string(),
    reason: z.string().optional(),
  }),
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
  /** Newest last. */
  lastDecisions: z.array(BlockDecision).max(DECISIONS_SHOWN_MAX),
});
export type ProxyStatus = z.infer<typeof ProxyStatus>;

/** What `PUT /config` answers: 200 `accepted` or `unchanged`, 400 `refused`, 409 `ignored` or `conflict`. */
export const ConfigPushAnswer = z.object({
  outcome: z.enum(["accepted", "unchanged", "ignored", "conflict", "refused"]),
  /** Of the document that runs after the call. */
  revision: z.int(),
  problems: z.array(z.object({ path: z.string(), found: z.string(), allowed: z.string() })),
  unknownFields: z.array(z.string()),
});
export type ConfigPushAnswer = z.infer<typeof ConfigPushAnswer>;
