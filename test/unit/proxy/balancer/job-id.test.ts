import { expect, test } from "vitest";
import { jobIdOf } from "../../../../proxy/balancer/job-id.ts";
import { attributesOf, PARENT } from "../kit/block.ts";

const id = jobIdOf(PARENT, attributesOf());

test("eight bytes, the first as getPayloadV3, V4 and V5 ask (E-11)", () => {
  expect(id).toMatch(/^0x03[0-9a-f]{14}$/);
});

test("the same head and attributes have the same id, also written in another way (E-17)", () => {
  const turned = (text: string): string => {
    const attributes = JSON.parse(text) as Record<string, unknown>;
    return JSON.stringify(Object.fromEntries(Object.entries(attributes).reverse()), undefined, 2);
  };
  expect(jobIdOf(PARENT, attributesOf())).toBe(id);
  expect(jobIdOf(PARENT.toUpperCase().replace("0X", "0x"), attributesOf())).toBe(id);
  expect(jobIdOf(PARENT, attributesOf({}, turned))).toBe(id);
  expect(jobIdOf(PARENT, attributesOf({ noTxPool: false }))).toBe(id);
  expect(jobIdOf(PARENT, attributesOf({ noTxPool: null }))).toBe(id);
  expect(jobIdOf(PARENT, attributesOf({ suggestedFeeRecipient: `0x${"4".repeat(39)}A` }))).toBe(
    jobIdOf(PARENT, attributesOf({ suggestedFeeRecipient: `0x${"4".repeat(39)}a` })),
  );
});

test.each<[field: string, value: unknown]>([
  ["timestamp", "0x6553f104"],
  ["prevRandao", `0x${"b2".repeat(32)}`],
  ["suggestedFeeRecipient", `0x${"42".repeat(20)}`],
  ["withdrawals", null],
  ["parentBeaconBlockRoot", `0x${"c2".repeat(32)}`],
  ["transactions", ["0x7ef8a1"]],
  ["transactions", ["0x7ef8a0", "0x02f8"]],
  ["transactions", ["0x7ef8a0,0x02f8"]],
  ["noTxPool", true],
  ["gasLimit", "0x3938701"],
  ["eip1559Params", "0x000000fa00000007"],
  ["minBaseFee", 1_000_001],
  ["somethingNew", 1],
])("another %s (%j) has another id", (field, value) => {
  expect(jobIdOf(PARENT, attributesOf({ [field]: value }))).not.toBe(id);
});

test("a minBaseFee beyond 2^53 is told from its neighbour (E-12)", () => {
  const large = (digit: string) => attributesOf({}, (text) => text.replace("1000000", `1844674407370955161${digit}`));
  expect(jobIdOf(PARENT, large("4"))).not.toBe(jobIdOf(PARENT, large("5")));
});

test("another head has another id", () => {
  expect(jobIdOf(`0x${"ab".repeat(32)}`, attributesOf())).not.toBe(id);
});
