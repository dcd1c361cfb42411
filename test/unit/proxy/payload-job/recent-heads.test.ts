import { expect, test } from "vitest";
import { RecentHeads } from "../../../../proxy/payload-job/recent-heads.ts";

/** Heads by number; their hashes are `a` and the number. */
const headsAt = (...numbers: readonly number[]): RecentHeads => {
  const heads = new RecentHeads();
  for (const number of numbers) heads.saw(BigInt(number), `a${number}`);
  return heads;
};

test.each([
  ["the same head", [1, 2, 3], 3, "a3", 0],
  ["two behind", [1, 2, 3], 1, "a1", 2],
  ["ahead is fine", [1, 2, 3], 5, "a5", 0],
  ["another hash at the same height", [1, 2, 3], 2, "b2", "other_branch"],
  ["another hash at our head", [1, 2, 3], 3, "b3", "other_branch"],
  ["further back than we know", [100, 101], 7, "b7", 94],
  ["at a height between that we never saw", [100, 110], 105, "x", 5],
  ["no head of our own yet", [], 3, "a3", undefined],
  ["our head went back: what stood above it is no more", [1, 2, 3, 1], 3, "z3", 0],
  ["and it is compared with where it is now", [1, 2, 3, 1], 1, "a1", 0],
] as const)("%s", (_, heads, number, hash, expected) => {
  expect(headsAt(...heads).behind(BigInt(number), hash)).toBe(expected);
});

test("the last 64 heights are compared by hash, older ones by height alone", () => {
  const heads = headsAt(...Array.from({ length: 1_000 }, (_, number) => number));
  expect([heads.behind(936n, "b"), heads.behind(935n, "b")]).toEqual(["other_branch", 64]);
});
