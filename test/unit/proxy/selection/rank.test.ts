import { describe, expect, test } from "vitest";
import { SelectionPolicy } from "../../../../proxy/contract/config-file.ts";
import type { Candidate } from "../../../../proxy/selection/candidate.ts";
import { isNearlyEmpty, ranked } from "../../../../proxy/selection/rank.ts";
import { envelopeOf } from "../kit/block.ts";

const envelope = envelopeOf();
const candidate = (builder: string, change: Partial<Candidate> = {}): Candidate => ({
  builder,
  priority: 0,
  envelope,
  gasUsed: 0n,
  blockValue: 0n,
  userTransactions: 0,
  ...change,
});
const order = (policy: SelectionPolicy, candidates: readonly Candidate[]) =>
  ranked(policy, candidates).map(({ builder }) => builder);

test.each([
  ["gas_used", "alpha"],
  ["block_value", "beta"],
  ["transaction_count", "gamma"],
  ["priority", "delta"],
] as const)("by %s the best is %s, whatever else the others have more of", (policy, best) => {
  const candidates = [
    candidate("delta", { priority: 0 }),
    candidate("gamma", { priority: 1, userTransactions: 9 }),
    candidate("beta", { priority: 2, blockValue: 9n }),
    candidate("alpha", { priority: 3, gasUsed: 9n }),
  ];
  expect(order(policy, candidates)[0]).toBe(best);
  expect(order(policy, candidates.toReversed())[0]).toBe(best);
});

test.each(["gas_used", "block_value"] as const)("%s tells integers apart that are one double", (policy) => {
  const field = policy === "gas_used" ? "gasUsed" : "blockValue";
  const huge = [2n ** 53n, 2n ** 53n + 1n, 2n ** 256n - 2n, 2n ** 256n - 1n, 9n, 10n];
  const candidates = huge.map((value) => candidate(`b${value}`, { [field]: value }));
  const best = huge.toSorted((a, b) => (a < b ? 1 : -1)).map((value) => `b${value}`);
  expect(order(policy, candidates)).toEqual(best);
});

describe("ties go by name in code-unit order, the same on every machine", () => {
  test.each(SelectionPolicy.options)("%s", (policy) => {
    const names = ["builder-10", "builder-2", "a-b", "ab", "Z", "ä", "a", "b-1", "b1"];
    const sorted = ["Z", "a", "a-b", "ab", "b-1", "b1", "builder-10", "builder-2", "ä"];
    expect(
      order(
        policy,
        names.map((name) => candidate(name)),
      ),
    ).toEqual(sorted);
    expect(
      order(
        policy,
        names.toReversed().map((name) => candidate(name)),
      ),
    ).toEqual(sorted);
  });
});

test("ranking leaves the list as it was, and nothing out", () => {
  const candidates = [candidate("b"), candidate("a")];
  expect(order("gas_used", candidates)).toEqual(["a", "b"]);
  expect(candidates.map(({ builder }) => builder)).toEqual(["b", "a"]);
  expect(ranked("gas_used", [])).toEqual([]);
});

test.each([
  [0n, 100n, 0, false],
  [0n, 100n, 1, true],
  [9n, 100n, 10, true],
  [10n, 100n, 10, false],
  [99n, 100n, 100, true],
  [100n, 100n, 100, false],
  [0n, 0n, 100, false],
  [2n ** 60n - 1n, 2n ** 60n, 100, true],
] as const)(
  "%i gas beside the execution client's %i, at least %i %%: nearly empty %s (V-16)",
  (gas, own, percent, is) => {
    expect(isNearlyEmpty(gas, own, percent)).toBe(is);
  },
);
