import type { BuilderState } from "../contract/status.ts";

/** A builder's state with its cause, as `/status` shows it. */
export type BuilderHealth = {
  readonly state: BuilderState;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly reason: string | undefined;
  readonly facts: BuilderFacts;
};

/** The call on the lane an answer belongs to. */
type LaneCall = "forkchoice" | "new_payload";

/** What a builder does not answer: a call on the lane, the job's getPayload, or, as it seems, anything. */
type Unanswered = LaneCall | "payload" | "connection";

/** One thing a builder did. */
export type BuilderSample =
  /** Took a forkchoice state or a block as VALID. */
  | { readonly kind: "followed"; readonly to: LaneCall }
  | { readonly kind: "syncing"; readonly to: LaneCall }
  | { readonly kind: "refused"; readonly to: LaneCall; readonly detail: string }
  | { readonly kind: "no_answer"; readonly to: Unanswered; readonly detail: string }
  /** Its head beside ours, compared by hash; 0 also where it is ahead. */
  | { readonly kind: "head"; readonly behind: number | "other_branch" }
  /** What came of one job: a payload that passes, or none in time, a refusal, one that does not pass. */
  | { readonly kind: "round"; readonly verdict: "good" }
  | { readonly kind: "round"; readonly verdict: "late" | "refused" | "invalid"; readonly detail: string };

/** What the state is made of. */
type BuilderFacts = {
  /** It has answered once. */
  readonly answered: boolean;
  readonly unanswered: Readonly<Partial<Record<Unanswered, string>>>;
  readonly lag: { readonly by: "lane" | "head"; readonly reason: string } | undefined;
  /** The last rounds, newest last. */
  readonly rounds: readonly boolean[];
  readonly benched: string | undefined;
};

/** A head may be behind by this much before it counts: the block under way, and the one on its way. */
const BEHIND_MAX = 2;

/** Back from there only when it is closer: else a builder at the edge would come and go. */
const CAUGHT_UP_BEHIND_MAX = 1;

/** So many bad rounds of the last ones bench a builder; so many good ones in a row bring it back. */
const ROUNDS_KEPT = 10;
const BENCH_BAD_ROUNDS = 5;
const RETURN_GOOD_ROUNDS = 5;

/** Before the first sample. */
export const unknownBuilder = (nowMs: number): BuilderHealth => ({
  state: "unknown",
  sinceMs: nowMs,
  reason: "not asked yet",
  facts: { answered: false, unanswered: {}, lag: undefined, rounds: [], benched: undefined },
});

/** The state after one more sample; `since` moves only when the state does. */
export function builderHealthAfter(health: BuilderHealth, sample: BuilderSample, nowMs: number): BuilderHealth {
  const facts = factsAfter(health.facts, sample);
  const { state, reason } = verdict(facts);
  return { state, reason, facts, sinceMs: state === health.state ? health.sinceMs : nowMs };
}

/** Whether getPayload waits for a builder in that state. The others are driven and asked too, and used if they are in time. */
export const isWaitedFor = (state: BuilderState): boolean => state === "healthy" || state === "unknown";

function verdict({ answered, unanswered, lag, benched }: BuilderFacts): {
  readonly state: BuilderState;
  readonly reason: string | undefined;
} {
  const silence = unanswered.forkchoice ?? unanswered.new_payload ?? unanswered.payload ?? unanswered.connection;
  if (silence !== undefined) return { state: "silent", reason: `does not answer: ${silence}` };
  if (benched !== undefined) return { state: "benched", reason: benched };
  if (lag !== undefined) return { state: "lagging", reason: lag.reason };
  return answered ? { state: "healthy", reason: undefined } : { state: "unknown", reason: "not asked yet" };
}

function factsAfter(facts: BuilderFacts, sample: BuilderSample): BuilderFacts {
  switch (sample.kind) {
    case "followed":
      // A block that is known does not make the head known.
      return { ...heardOnLane(facts, sample.to), lag: sample.to === "forkchoice" ? undefined : facts.lag };
    case "syncing": {
      const lag = { by: "lane", reason: "answers SYNCING: it does not know the head yet" } as const;
      return { ...heardOnLane(facts, sample.to), lag };
    }
    case "refused": {
      const lag = { by: "lane", reason: `answers with an error: ${sample.detail}` } as const;
      return { ...heardOnLane(facts, sample.to), lag };
    }
    case "no_answer":
      return { ...facts, unanswered: { ...facts.unanswered, [sample.to]: sample.detail } };
    case "head":
      return afterHead(facts, sample.behind);
    case "round":
      return afterRound(facts, sample);
  }
}

/** A newPayload answered says nothing about an FCU that hangs, and neither about a getPayload that does. */
function heardOnLane(facts: BuilderFacts, to: LaneCall): BuilderFacts {
  const { payload, forkchoice } = facts.unanswered;
  const unanswered = {
    ...(payload === undefined ? {} : { payload }),
    ...(forkchoice === undefined || to === "forkchoice" ? {} : { forkchoice }),
  };
  return { ...facts, answered: true, unanswered };
}

/** A head that answers says nothing about an Engine API that does not. */
function afterHead(facts: BuilderFacts, behind: number | "other_branch"): BuilderFacts {
  const { connection: _, ...unanswered } = facts.unanswered;
  const heard = { ...facts, answered: true, unanswered };
  if (behind === "other_branch") return { ...heard, lag: { by: "head", reason: "its head is on another branch" } };
  if (behind > BEHIND_MAX) return { ...heard, lag: { by: "head", reason: `its head is ${behind} blocks behind` } };
  const hasCaughtUp = behind === 0 || (facts.lag?.by === "head" && behind <= CAUGHT_UP_BEHIND_MAX);
  return hasCaughtUp ? { ...heard, lag: undefined } : heard;
}

function afterRound(facts: BuilderFacts, round: Extract<BuilderSample, { kind: "round" }>): BuilderFacts {
  const isGood = round.verdict === "good";
  const rounds = [...facts.rounds, isGood].slice(-ROUNDS_KEPT);
  const unanswered = round.verdict === "late" ? { ...facts.unanswered, payload: round.detail } : {};
  const after = { ...facts, answered: facts.answered || round.verdict !== "late", unanswered, rounds };
  if (facts.benched !== undefined) {
    const last = rounds.slice(-RETURN_GOOD_ROUNDS);
    const returns = last.length === RETURN_GOOD_ROUNDS && last.every((good) => good);
    return returns ? { ...after, benched: undefined, rounds: [] } : after;
  }
  const bad = rounds.filter((good) => !good).length;
  if (isGood || bad < BENCH_BAD_ROUNDS) return after;
  return { ...after, benched: `${bad} of its last ${rounds.length} payloads failed, the last one: ${round.detail}` };
}
