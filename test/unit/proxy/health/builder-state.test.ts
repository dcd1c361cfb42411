import { expect, test } from "vitest";
import { type BuilderSample, builderHealthAfter, unknownBuilder } from "../../../../proxy/health/builder-state.ts";

const SAMPLES = {
  followed: { kind: "followed" },
  syncing: { kind: "syncing" },
  refused: { kind: "refused", detail: "error -38001" },
  silent: { kind: "no_answer", detail: "ECONNREFUSED" },
} as const satisfies Readonly<Record<string, BuilderSample>>;

test("a builder is unknown until it was asked", () => {
  expect(unknownBuilder(5)).toEqual({ state: "unknown", sinceMs: 5, reason: "not asked yet" });
});

test.each([
  [SAMPLES.followed, "healthy", undefined],
  [SAMPLES.syncing, "lagging", "answers SYNCING: it does not know the head yet"],
  [SAMPLES.refused, "lagging", "answers with an error: error -38001"],
  [SAMPLES.silent, "silent", "does not answer: ECONNREFUSED"],
] as const)("after $kind it is %s", (sample, state, reason) => {
  expect(builderHealthAfter(unknownBuilder(5), sample, 9)).toEqual({ state, sinceMs: 9, reason });
});

test("the newest sample decides, and `since` moves only with the state", () => {
  const path = [SAMPLES.followed, SAMPLES.followed, SAMPLES.syncing, SAMPLES.refused, SAMPLES.silent, SAMPLES.followed];
  let health = unknownBuilder(0);
  const seen = path.map((sample, index) => {
    health = builderHealthAfter(health, sample, 10 * (index + 1));
    return [health.state, health.sinceMs];
  });
  expect(seen).toEqual([
    ["healthy", 10],
    ["healthy", 10],
    ["lagging", 30],
    ["lagging", 30],
    ["silent", 50],
    ["healthy", 60],
  ]);
  expect(health.reason).toBeUndefined();
});
