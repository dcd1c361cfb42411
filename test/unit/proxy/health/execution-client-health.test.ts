import { expect, test } from "vitest";
import {
  executionClientHealthAfter,
  startingExecutionClient,
  UNUSABLE_AFTER_MS,
} from "../../../../proxy/health/execution-client-health.ts";

/** [when, what was wrong] to usable, since the start at 0. */
const after = (samples: readonly (readonly [number, string | undefined])[]) =>
  samples.reduce(
    (health, [atMs, problem]) => executionClientHealthAfter(health, problem, atMs),
    startingExecutionClient(0),
  );

test.each([
  ["one failure is nothing", [[100, "down"]], true],
  [
    "less than two seconds is nothing (C-11)",
    [
      [100, undefined],
      [500, "down"],
      [2_099, "down"],
    ],
    true,
  ],
  [
    "two seconds without an answer: unusable",
    [
      [100, undefined],
      [500, "down"],
      [2_100, "down"],
    ],
    false,
  ],
  [
    "down from the start: unusable after two seconds",
    [
      [500, "down"],
      [1_999, "down"],
      [2_000, "down"],
    ],
    false,
  ],
  [
    "one answer: usable at once",
    [
      [100, undefined],
      [3_000, "down"],
      [3_100, undefined],
    ],
    true,
  ],
  [
    "an answer in between begins the two seconds anew",
    [
      [100, undefined],
      [1_500, "down"],
      [2_000, undefined],
      [3_900, "down"],
    ],
    true,
  ],
  [
    "it stays unusable until it answers",
    [
      [3_000, "down"],
      [3_001, "down"],
    ],
    false,
  ],
] as const)("%s", (_, samples, usable) => {
  expect(after(samples).usable).toBe(usable);
});

test("`since` and the reason tell the transition and its cause", () => {
  expect(
    after([
      [100, undefined],
      [500, "ECONNREFUSED"],
      [2_600, "timed out"],
      [3_000, "ECONNREFUSED"],
    ]),
  ).toEqual({
    usable: false,
    sinceMs: 2_600,
    lastAnswerMs: 100,
    reason: "ECONNREFUSED",
  });
  expect(
    after([
      [2_600, "down"],
      [4_000, undefined],
      [5_000, undefined],
    ]),
  ).toEqual({
    usable: true,
    sinceMs: 4_000,
    lastAnswerMs: 5_000,
    reason: undefined,
  });
});

test("two seconds are what op-conductor may see before it counts (C-11)", () => {
  expect(UNUSABLE_AFTER_MS).toBe(2_000);
});
