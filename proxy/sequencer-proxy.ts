import type { Logger } from "pino";
import type { Background } from "./background.ts";
import type { Builder } from "./builder.ts";
import type { Clock } from "./clock.ts";
import type { ExecutionMode } from "./contract/config-file.ts";
import type { BlockDecision } from "./contract/status.ts";
import type { Ledger } from "./ledger.ts";
import type { Metrics } from "./metrics.ts";
import type { JobBook } from "./payload-job/job-book.ts";
import type { ValidationTime } from "./selection/validation-time.ts";
import type { Wiring } from "./wiring.ts";

/** What the routes of a sequencer's proxy work with. */
export type SequencerProxy = {
  /** The wiring now: read once per request, as a pushed config may replace it at any moment. */
  readonly wiring: () => Wiring;
  /** What both hands say now; read at each call, so that a shut-off takes effect on the next getPayload. */
  readonly executionMode: () => ExecutionMode;
  readonly jobs: JobBook<Builder>;
  /** Choices under way, so that a getPayload repeated meanwhile gets the same bytes (E-16). Bounded by the jobs. */
  readonly deciding: Map<string, Promise<unknown>>;
  readonly clock: Clock;
  readonly validationTime: ValidationTime;
  /**
   * Begins work that goes on after the reply; false where too much is under way, and then nothing began. Its failure is
   * a violation, never an answer to op-node.
   */
  readonly background: (work: () => Promise<void>) => boolean;
  /** Takes a fault of our own that was caught and costs op-node nothing: a violation too. */
  readonly fault: (error: unknown) => void;
  readonly decided: (decision: BlockDecision) => void;
  /** A getPayload was answered with bytes that were handed out before (E-16). */
  readonly repeated: () => void;
};

/** Where decisions go: the ledger at once; the metrics and one log line when op-node has its answer. */
export function decisionSink(parts: {
  readonly ledger: Ledger;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly background: Pick<Background, "afterReply">;
}) {
  return (decision: BlockDecision): void => {
    parts.ledger.record(decision);
    parts.background.afterReply(() => {
      parts.metrics.decided(decision);
      const { at: _, ...fields } = decision;
      parts.log.info(fields, decision.answered ? "payload handed out" : "no payload");
    });
  };
}
