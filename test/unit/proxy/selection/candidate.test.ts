import { expect, test } from "vitest";
import { candidateOf } from "../../../../proxy/selection/candidate.ts";
import { DEPOSIT, envelopeOf } from "../kit/block.ts";

test("a candidate is ranked by exact integers, beyond what a double can tell apart", () => {
  const envelope = envelopeOf({ gasUsed: "0x20000000000001" }, { blockValue: `0x1${"0".repeat(30)}1` });
  expect(candidateOf("alpha", 3, envelope)).toMatchObject({
    builder: "alpha",
    priority: 3,
    gasUsed: 2n ** 53n + 1n,
    blockValue: 2n ** 124n + 1n,
    userTransactions: 2,
  });
});

test.each([
  ["only deposits", [DEPOSIT, "0x7E00"], 0],
  ["none", [], 0],
  ["no list", "0x02", 0],
  ["three of users behind a deposit", [DEPOSIT, "0x02f8", "0x01", "0xf86b"], 3],
])("user transactions are those that are no deposits: %s", (_, transactions, count) => {
  expect(candidateOf("alpha", 0, envelopeOf({ transactions })).userTransactions).toBe(count);
});

test.each([
  ["missing", undefined],
  ["null", null],
  ["a number", 21_000],
  ["decimal", "21000"],
  ["empty", "0x"],
  ["negative", "-0x1"],
])("a gasUsed and a blockValue that are %s count as 0", (_, value) => {
  const candidate = candidateOf("alpha", 0, envelopeOf({ gasUsed: value }, { blockValue: value }));
  expect([candidate.gasUsed, candidate.blockValue]).toEqual([0n, 0n]);
});
