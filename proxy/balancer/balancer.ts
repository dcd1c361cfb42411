import type { Builder } from "../builder.ts";
import type { Clock } from "../clock.ts";
import type { BalancerConfig, ExecutionMode } from "../contract/config-file.ts";
import type { BlockDecision, FallbackReason, JobOutcome } from "../contract/status.ts";
import type { JobBook } from "../payload-job/job-book.ts";
import type { HandedOut } from "../payload-job/payload-job.ts";
import type { BuilderWiring } from "../wiring.ts";
import type { BlockAuthors } from "./block-authors.ts";
import type { JobClaims } from "./job-claims.ts";

/** What a getPayload of a job ended in: a builder's payload, or why there is none. */
export type JobPayload =
  | { readonly kind: "payload"; readonly handedOut: HandedOut }
  | { readonly kind: "none"; readonly reason: FallbackReason };

/** What the routes of a balancer work with: it stands before the builders, for all sequencers, and has no execution client. */
export type Balancer = {
  /** The wiring now: read once per request, as a pushed config may replace it at any moment. */
  readonly wiring: () => BuilderWiring<BalancerConfig>;
  /** What both hands say now. */
  readonly executionMode: () => ExecutionMode;
  readonly claims: JobClaims;
  /** Milliseconds since 1970. Claims of an earlier process are forgotten. */
  readonly startedAtMs: number;
  readonly jobs: JobBook<Builder>;
  readonly authors: BlockAuthors;
  /** Choices under way: whoever shares a job gets the same bytes. Bounded by the jobs. */
  readonly deciding: Map<string, Promise<JobPayload>>;
  readonly clock: Clock;
  /** Takes a fault of our own that costs no answer: it is a violation, counted and logged. */
  readonly fault: (error: unknown) => void;
  readonly decided: (decision: BlockDecision) => void;
  readonly asked: (outcome: JobOutcome) => void;
};
