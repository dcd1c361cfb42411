import type { BlockDecision, Leadership, OwnPart } from "./contract/status.ts";
import type { HandedOut } from "./payload-job/payload-job.ts";
import type { BuilderOutcome } from "./selection/builder-outcome.ts";
import type { Choice } from "./selection/choose-payload.ts";

/** One answered getPayload as the ledger keeps it. `kept`: what was handed out, undefined where it was an error. */
export function blockDecision(
  choice: Choice,
  kept: HandedOut | undefined,
  facts: {
    readonly payloadId: string;
    readonly tookMs: number;
    readonly nowMs: number;
    /** Absent where there is none: a balancer has no execution client. */
    readonly own?: OwnPart | undefined;
    readonly leadership?: Leadership | undefined;
  },
): BlockDecision {
  return {
    at: new Date(facts.nowMs).toISOString(),
    payloadId: facts.payloadId,
    ...(kept === undefined ? {} : { blockNumber: kept.blockNumber, blockHash: kept.blockHash }),
    source: choice.source,
    ...(choice.source === "builder" ? { builder: choice.builder } : { fallbackReason: choice.reason }),
    ...(choice.source === "execution_client" && choice.detail !== undefined ? { detail: choice.detail } : {}),
    ...(facts.leadership === undefined ? {} : { leadership: facts.leadership }),
    tookMs: roundedMs(facts.tookMs),
    answered: kept !== undefined,
    ...(facts.own === undefined ? {} : { executionClient: facts.own }),
    builders: choice.outcomes.map(builderPart),
  };
}

const builderPart = ({
  builder,
  outcome,
  detail,
  candidate,
  answeredMs,
  validation,
}: BuilderOutcome): BlockDecision["builders"][number] => ({
  builder,
  outcome,
  ...(detail === undefined ? {} : { detail }),
  ...(answeredMs === undefined ? {} : { answeredMs: roundedMs(answeredMs) }),
  ...(candidate === undefined
    ? {}
    : {
        gasUsed: candidate.gasUsed.toString(),
        userTransactions: candidate.userTransactions,
        payloadBytes: candidate.envelope.payload.end - candidate.envelope.payload.start,
      }),
  ...(validation === undefined ? {} : { verdict: validation.verdict, validationMs: roundedMs(validation.tookMs) }),
});

/** To a microsecond. */
export const roundedMs = (ms: number): number => Math.round(ms * 1000) / 1000;
