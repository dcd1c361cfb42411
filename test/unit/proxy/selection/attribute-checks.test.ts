import { expect, test } from "vitest";
import { failedAttributeCheck } from "../../../../proxy/selection/attribute-checks.ts";
import { attributesOf, DEPOSIT, envelopeOf, envelopeOfText, PARENT, payloadJson } from "../kit/block.ts";

type Fields = Readonly<Record<string, unknown>>;
const hash = (byte: string): string => `0x${byte.repeat(32)}`;

const check = ({
  payload,
  envelope,
  attributes,
  parentNumber = 41n,
}: {
  readonly payload?: Fields;
  readonly envelope?: Fields;
  readonly attributes?: Fields;
  readonly parentNumber?: bigint | undefined;
}) =>
  failedAttributeCheck(envelopeOf(payload, envelope), {
    parentHash: PARENT,
    parentNumber,
    attributes: attributesOf(attributes),
  });

test("the block that was asked for passes", () => {
  expect(check({})).toBeUndefined();
});

test.each([
  ["another parent", "V-1", { parentHash: hash("ab") }],
  ["no parent", "V-1", { parentHash: undefined }],
  ["a parent that is no text", "V-1", { parentHash: null }],
  ["another time", "V-2", { timestamp: "0x6553f104" }],
  ["a time that is a number", "V-2", { timestamp: 0x6553f102 }],
  ["another randomness", "V-3", { prevRandao: hash("b2") }],
  ["no randomness", "V-3", { prevRandao: undefined }],
  ["another fee recipient", "V-4", { feeRecipient: "0x4200000000000000000000000000000000000012" }],
  ["another gas limit", "V-5", { gasLimit: "0x3938701" }],
  ["no gas limit", "V-5", { gasLimit: undefined }],
  ["a number too high", "V-6", { blockNumber: "0x2b" }],
  ["the parent's number", "V-6", { blockNumber: "0x29" }],
  ["a missing deposit", "V-7", { transactions: ["0x02f871"] }],
  ["no transactions", "V-7", { transactions: [] }],
  ["no list of transactions", "V-7", { transactions: undefined }],
  ["another deposit", "V-7", { transactions: ["0x7ef8a1"] }],
  ["the deposit in other letters", "V-7", { transactions: ["0x7EF8A0"] }],
  ["the deposit not first", "V-7", { transactions: ["0x02f871", DEPOSIT] }],
  ["a second deposit behind it", "V-7", { transactions: [DEPOSIT, "0x7e00"] }],
  ["a deposit after a user's transaction", "V-7", { transactions: [DEPOSIT, "0x02f871", "0x7E00"] }],
  ["a deposit under 0X", "V-7", { transactions: [DEPOSIT, "0X7e00"] }],
  ["an empty transaction", "V-7", { transactions: [DEPOSIT, "0x"] }],
  ["half a byte", "V-7", { transactions: [DEPOSIT, "0x2"] }],
  ["an empty text", "V-7", { transactions: [DEPOSIT, ""] }],
  ["a transaction without 0x", "V-7", { transactions: [DEPOSIT, "02f871"] }],
  ["a transaction that is no text", "V-7", { transactions: [DEPOSIT, 2] }],
  ["a transaction that is a list", "V-7", { transactions: [DEPOSIT, ["0x02"]] }],
  ["a withdrawal", "V-8", { withdrawals: [{}] }],
  ["no withdrawals", "V-8", { withdrawals: undefined }],
  ["withdrawals null", "V-8", { withdrawals: null }],
] as const)("%s fails %s", (_, clause, payload) => {
  expect(check({ payload })).toBe(clause);
});

test.each([
  ["another beacon root", { parentBeaconBlockRoot: hash("c2") }],
  ["no beacon root: op-node uses the envelope's", { parentBeaconBlockRoot: undefined }],
  ["a beacon root null", { parentBeaconBlockRoot: null }],
])("%s fails V-9", (_, envelope) => {
  expect(check({ envelope })).toBe("V-9");
});

test("a deposit spelt with an escape is still a deposit, or refused (V-7)", () => {
  const text = JSON.stringify({ result: { executionPayload: payloadJson, parentBeaconBlockRoot: hash("c1") } });
  for (const spelt of ["0x\\u0037e00", "0x7\\u006500", "\\u0030x7e00", "0\\u00787e00"]) {
    const envelope = envelopeOfText(text.replace('"0x02f871"', `"${spelt}"`));
    const job = { parentHash: PARENT, parentNumber: 41n, attributes: attributesOf() };
    expect(failedAttributeCheck(envelope, job), spelt).toBe("V-7");
  }
});

test("the parent's number is not known after a restart: then the execution client alone judges it (V-6)", () => {
  const job = { parentHash: PARENT, parentNumber: undefined, attributes: attributesOf() };
  expect(failedAttributeCheck(envelopeOf({ blockNumber: "0x99" }), job)).toBeUndefined();
});

test("a job without transactions takes a block without deposits, and none with", () => {
  const attributes = { transactions: undefined };
  expect(check({ attributes, payload: { transactions: ["0x02f871"] } })).toBeUndefined();
  expect(check({ attributes, payload: { transactions: [] } })).toBeUndefined();
  expect(check({ attributes })).toBe("V-7");
});

test("with noTxPool exactly the transactions that were asked for (V-7)", () => {
  const attributes = { noTxPool: true };
  expect(check({ attributes, payload: { transactions: [DEPOSIT] } })).toBeUndefined();
  expect(check({ attributes })).toBe("V-7");
});

test("hashes and addresses are the same in other letters", () => {
  const fields = ["parentHash", "prevRandao", "feeRecipient"];
  const payload = Object.fromEntries(
    fields.map((field) => [field, String(payloadJson[field]).toUpperCase().replace("0X", "0x")]),
  );
  expect(check({ payload })).toBeUndefined();
});
