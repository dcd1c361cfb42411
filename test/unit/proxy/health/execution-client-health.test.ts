import { expect, test } from "vitest";
import {
  executionClientHealthAfter,
  startingExecutionClient,
  UNUSABLE_AFTER_MS,
  USABLE_AFTER_MS,
} from "../../../../proxy/health/execution-client-health.ts";

type Sample = readonly [number, string | undefined];

const at = (ms: number, wallAheadMs = 0) => ({ nowMs: ms + wallAheadMs, monotonicMs: ms });

/** [when, what was wrong] to the health, since the start at 0. */
const after = (samples: readonly Sample[]) =>
  samples.reduce(
    (health, [ms, problem]) => executionClientHealthAfter(health, problem, at(ms)),
    startingExecutionClient(at(0)),
  );

/** Samples every 500 ms, as the watch takes them: `+` an answer, `-` none. */
const series = (marks: string): readonly Sample[] =>
  [...marks].map((mark, index) => [index * 500, mark === "+" ? undefined : "down"] as const);

/** What `/healthz` says after each sample: `o` 200, `x` 503. */
const said = (marks: string): string =>
  series(marks)
    .map((_, index, all) => (after(all.slice(0, index + 1)).usable ? "o" : "x"))
    .join("");

test.each([
  ["one failure is nothing", "+-+++", "ooooo"],
  ["less than two seconds is nothing (C-11)", "+---+", "ooooo"],
  ["two seconds without an answer: 503", "+-----", "ooooxx"],
  ["down from the start: 503 after two seconds", "------", "ooooxx"],
  ["an answer in between begins the two seconds anew", "+---+---+---", "oooooooooooo"],
  ["it stays 503 while nothing answers", "+---------", "ooooxxxxxx"],
  ["200 again after a second of answers, not at the first", "+-----+++", "ooooxxxxo"],
  ["one failure in that second begins it anew", "+-----++-+++", "ooooxxxxxxxo"],
  ["flapping never shows: 200 stays", "+-+-+-+-+-+-+-", "oooooooooooooo"],
  ["flapping never shows: 503 stays", "+-----+-+-+-+-+-", "ooooxxxxxxxxxxxx"],
])("%s", (_, marks, expected) => {
  expect(said(marks)).toBe(expected);
});

test("one late answer is not two seconds of silence: the process may have been stopped for so long", () => {
  expect(
    after([
      [100, undefined],
      [9_000, "late"],
    ]).usable,
  ).toBe(true);
  expect(
    after([
      [100, undefined],
      [9_000, "late"],
      [9_500, undefined],
    ]).usable,
  ).toBe(true);
  expect(
    after([
      [100, undefined],
      [9_000, "late"],
      [9_500, "late"],
    ]).usable,
  ).toBe(false);
});

test.each([3_600_000, -3_600_000])("the wall clock set by %d ms changes nothing", (jumpMs) => {
  const before = after(series("+-"));
  expect(executionClientHealthAfter(before, "down", at(1_000, jumpMs)).usable).toBe(true);
  const gone = executionClientHealthAfter(before, "down", at(2_500, jumpMs));
  expect(gone).toMatchObject({ usable: false, sinceMs: 2_500 + jumpMs });
});

test("`since` and the reason tell the transition and its cause", () => {
  const gone = [
    [100, undefined],
    [500, "ECONNREFUSED"],
    [2_600, "timed out"],
    [3_000, "ECONNREFUSED"],
  ] as const;
  expect(after(gone)).toMatchObject({ usable: false, sinceMs: 2_600, lastAnswerMs: 100, reason: "ECONNREFUSED" });
  expect(after([...gone, [4_000, undefined]])).toMatchObject({
    usable: false,
    sinceMs: 2_600,
    lastAnswerMs: 4_000,
    reason: "answers again, for less than 1000 ms",
  });
  expect(after([...gone, [4_000, undefined], [5_000, undefined], [6_000, undefined]])).toMatchObject({
    usable: true,
    sinceMs: 5_000,
    lastAnswerMs: 6_000,
    reason: undefined,
  });
});

test("two seconds are what op-conductor may see before it counts (C-11); its interval is a second", () => {
  expect([UNUSABLE_AFTER_MS, USABLE_AFTER_MS]).toEqual([2_000, 1_000]);
});
