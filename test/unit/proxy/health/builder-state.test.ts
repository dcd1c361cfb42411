import { expect, test } from "vitest";
import {
  type BuilderSample,
  builderHealthAfter,
  isWaitedFor,
  unknownBuilder,
} from "../../../../proxy/health/builder-state.ts";

const FOLLOWED: BuilderSample = { kind: "followed", to: "forkchoice" };
const TOOK_BLOCK: BuilderSample = { kind: "followed", to: "new_payload" };
const SYNCING: BuilderSample = { kind: "syncing", to: "forkchoice" };
const REFUSED: BuilderSample = { kind: "refused", to: "forkchoice", detail: "error -38001" };
const GOOD: BuilderSample = { kind: "round", verdict: "good" };
const LATE: BuilderSample = { kind: "round", verdict: "late", detail: "no payload in time" };
const INVALID: BuilderSample = { kind: "round", verdict: "invalid", detail: "attributes_mismatch: V-5" };
const NO_PAYLOAD: BuilderSample = { kind: "round", verdict: "refused", detail: "error -38001" };
const unanswered = (to: "forkchoice" | "new_payload" | "connection"): BuilderSample => ({
  kind: "no_answer",
  to,
  detail: "ECONNREFUSED",
});
const head = (behind: number | "other_branch"): BuilderSample => ({ kind: "head", behind });
const times = (count: number, sample: BuilderSample): BuilderSample[] => Array(count).fill(sample);

/** Sample n at time n, from 1. */
const after = (samples: readonly BuilderSample[]) =>
  samples.reduce((health, sample, index) => builderHealthAfter(health, sample, index + 1), unknownBuilder(0));

test("a builder is unknown until it was asked", () => {
  expect(unknownBuilder(5)).toMatchObject({ state: "unknown", sinceMs: 5, reason: "not asked yet" });
});

test.each([
  ["it follows", [FOLLOWED], "healthy", undefined],
  ["it does not know the head", [SYNCING], "lagging", "answers SYNCING: it does not know the head yet"],
  ["it refuses the FCU", [REFUSED], "lagging", "answers with an error: error -38001"],
  ["it does not answer", [unanswered("forkchoice")], "silent", "does not answer: ECONNREFUSED"],
  ["it follows again", [SYNCING, FOLLOWED], "healthy", undefined],
  ["it answers again", [unanswered("forkchoice"), FOLLOWED], "healthy", undefined],
  [
    "it answers again, but does not follow",
    [unanswered("forkchoice"), SYNCING],
    "lagging",
    expect.stringContaining("SYNCING"),
  ],
  ["it takes a block, but no FCU", [unanswered("forkchoice"), TOOK_BLOCK], "silent", "does not answer: ECONNREFUSED"],
  ["it takes an FCU, so it takes blocks", [unanswered("new_payload"), FOLLOWED], "healthy", undefined],
  [
    "it takes a block, but does not know the head",
    [SYNCING, TOOK_BLOCK],
    "lagging",
    expect.stringContaining("SYNCING"),
  ],
  ["it gives a payload", [unanswered("forkchoice"), GOOD], "healthy", undefined],
] as const)("by what it answers: %s", (_, samples, state, reason) => {
  expect(after(samples)).toMatchObject({ state, reason });
});

test.each([
  ["at our head", [head(0)], "healthy"],
  ["one behind: the block is on its way", [head(1)], "healthy"],
  ["two behind is the slack", [head(2)], "healthy"],
  ["three behind", [head(3)], "lagging"],
  ["another hash at the same height", [head("other_branch")], "lagging"],
  ["back at two: not yet, or it would come and go", [head(3), head(2)], "lagging"],
  ["back at one", [head(3), head(1)], "healthy"],
  ["back on our branch", [head("other_branch"), head(0)], "healthy"],
  ["an FCU it takes says that it has our head", [head(9), FOLLOWED], "healthy"],
  ["SYNCING, and one behind: it lacks the head it was told", [SYNCING, head(1)], "lagging"],
  ["SYNCING, then at our head by its own op-node", [SYNCING, head(0)], "healthy"],
  ["no answer to the head watch", [FOLLOWED, unanswered("connection")], "silent"],
  ["the head watch is answered again", [unanswered("connection"), head(0)], "healthy"],
  ["an FCU is answered: so it is there", [unanswered("connection"), FOLLOWED], "healthy"],
  ["a head that answers does not lift an Engine API that hangs", [unanswered("forkchoice"), head(0)], "silent"],
] as const)("by its head: %s", (_, samples, state) => {
  expect(after(samples).state).toBe(state);
});

test.each([
  ["one late payload: not waited for", [FOLLOWED, LATE], "silent"],
  ["an FCU answered says nothing about a getPayload that hangs", [FOLLOWED, LATE, FOLLOWED], "silent"],
  ["a payload in time brings it back", [FOLLOWED, LATE, FOLLOWED, GOOD], "healthy"],
  ["an error is an answer", [FOLLOWED, LATE, FOLLOWED, NO_PAYLOAD], "healthy"],
  ["four bad payloads are not too many", [FOLLOWED, ...times(4, INVALID)], "healthy"],
  ["five are", [FOLLOWED, ...times(5, INVALID)], "benched"],
  ["five refusals are", [FOLLOWED, ...times(5, NO_PAYLOAD)], "benched"],
  ["five late ones: silent first, benched once it answers", [...times(5, LATE), GOOD], "benched"],
  ["every second one bad", [FOLLOWED, ...times(5, GOOD).flatMap((good) => [good, INVALID])], "benched"],
  ["five bad ones among more than ten", [...times(4, INVALID), ...times(7, GOOD), INVALID], "healthy"],
  ["four good ones in a row do not bring it back", [...times(5, INVALID), ...times(4, GOOD)], "benched"],
  ["five do", [...times(5, INVALID), ...times(5, GOOD)], "healthy"],
  ["five that are not in a row do not", [...times(5, INVALID), ...times(4, GOOD), INVALID, GOOD], "benched"],
  ["once it is back, the old failures are forgotten", [...times(5, INVALID), ...times(5, GOOD), INVALID], "healthy"],
  ["a benched builder that hangs is silent", [...times(5, INVALID), unanswered("forkchoice")], "silent"],
  ["and benched when it answers", [...times(5, INVALID), unanswered("forkchoice"), FOLLOWED], "benched"],
  ["a builder that is away is not benched for it", [...times(20, unanswered("forkchoice")), FOLLOWED], "healthy"],
] as const)("by its payloads: %s", (_, samples, state) => {
  expect(after(samples).state).toBe(state);
});

test("the reason of a benched builder names the last failure", () => {
  expect(after(times(5, INVALID)).reason).toBe(
    "5 of its last 5 payloads failed, the last one: attributes_mismatch: V-5",
  );
});

test("`since` moves only with the state", () => {
  expect(after([FOLLOWED, FOLLOWED, GOOD]).sinceMs).toBe(1);
  expect(after([FOLLOWED, SYNCING, REFUSED, head(9)]).sinceMs).toBe(2);
});

test("the last rounds are kept, not more", () => {
  expect(after(times(1_000, GOOD)).facts.rounds).toHaveLength(10);
});

test("only a builder that is healthy, or that nobody has asked yet, is waited for", () => {
  expect((["healthy", "unknown", "lagging", "silent", "benched"] as const).filter(isWaitedFor)).toEqual([
    "healthy",
    "unknown",
  ]);
});
