import { expect, test } from "vitest";
import type { BlockDecision } from "../../../proxy/contract/status.ts";
import { Ledger } from "../../../proxy/ledger.ts";

const hashOf = (number: number): string => `0x${number.toString(16).padStart(64, "0")}`;

const decision = (blockNumber: number, change: Partial<BlockDecision> = {}): BlockDecision => ({
  at: "2026-11-22T00:00:00.000Z",
  payloadId: "0x0300000000000001",
  blockNumber,
  blockHash: hashOf(blockNumber),
  source: "execution_client",
  fallbackReason: "builder_late",
  tookMs: 1,
  answered: true,
  builders: [],
  ...change,
});

const filled = (count: number, change: Partial<BlockDecision> = {}): Ledger => {
  const ledger = new Ledger();
  for (let number = 1; number <= count; number += 1) ledger.record(decision(number, change));
  return ledger;
};

test("the newest decisions are kept, bounded in count; the counts go on", () => {
  const ledger = filled(3_000);
  expect([ledger.decisions.length, ledger.decisions.at(-1)?.blockNumber]).toEqual([1_024, 3_000]);
  expect(ledger.blocks).toEqual({
    builder: 0,
    executionClient: 3_000,
    unanswered: 0,
    byFallbackReason: { builder_late: 3_000 },
  });
});

test("and in bytes: many builders with long words leave fewer", () => {
  const builders = Array.from({ length: 16 }, (_, index) => ({
    builder: `rbuilder-${index}`,
    outcome: "validation_invalid" as const,
    detail: "x".repeat(800),
  }));
  const ledger = filled(1_024, { builders });
  const bytes = Buffer.byteLength(JSON.stringify(ledger.decisions));
  expect(bytes).toBeLessThan(4 * 1024 * 1024 + 2_000);
  expect(bytes).toBeGreaterThan(3.9 * 1024 * 1024);
  expect(ledger.decisions.at(-1)?.blockNumber).toBe(1_024);
  const shown = ledger.lastDecisions;
  expect(shown.length).toBeLessThan(64);
  expect(Buffer.byteLength(JSON.stringify(shown))).toBeLessThan(257 * 1024);
  expect(shown.at(-1)?.blockNumber).toBe(1_024);
});

test("/status shows the last 64, newest last", () => {
  const shown = filled(100).lastDecisions.map(({ blockNumber }) => blockNumber);
  expect([shown.length, shown[0], shown.at(-1)]).toEqual([64, 37, 100]);
});

test.each(["26", "0x1a", "0x1A", hashOf(26), hashOf(26).toUpperCase().replace("0X", "0x")])(
  "a block is found by %s",
  (block) => {
    expect(filled(40).decisionsOf(block)).toEqual([decision(26)]);
  },
);

test.each(["", "0x", "latest", "-1", "1.5", "1e3", "0b1", " 26", "26 ", hashOf(41), "99999999999999999999"])(
  "no block is found by %j",
  (block) => {
    expect(filled(40).decisionsOf(block)).toEqual([]);
  },
);

test("a height that was decided on twice has both, oldest first; what has no number is found by none", () => {
  const ledger = filled(2);
  ledger.record(decision(2, { payloadId: "0x0300000000000002", source: "builder", builder: "rbuilder" }));
  const { blockNumber: _, blockHash: __, ...unanswered } = decision(3, { answered: false });
  ledger.record(unanswered);
  expect(ledger.decisionsOf("2").map(({ source }) => source)).toEqual(["execution_client", "builder"]);
  expect(ledger.decisionsOf("3")).toEqual([]);
  expect(ledger.blocks).toMatchObject({ builder: 1, executionClient: 2, unanswered: 1 });
});
