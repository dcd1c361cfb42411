import { describe, expect, test } from "vitest";
import { failedAttributeCheck } from "../../../../proxy/selection/attribute-checks.ts";
import { askedOf } from "../kit/asked.ts";
import { DEPOSIT, envelopeOf, envelopeOfText, payloadJson } from "../kit/block.ts";

type Fields = Readonly<Record<string, unknown>>;
const hash = (byte: string): string => `0x${byte.repeat(32)}`;

const check = ({
  payload,
  envelope,
  ...asked
}: { readonly payload?: Fields; readonly envelope?: Fields } & Parameters<typeof askedOf>[0]) =>
  failedAttributeCheck(envelopeOf(payload, envelope), askedOf(asked));

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
    expect(failedAttributeCheck(envelope, askedOf()), spelt).toBe("V-7");
  }
});

test("the parent's number is not known after a restart: then the execution client alone judges it (V-6)", () => {
  expect(check({ payload: { blockNumber: "0x99" }, parentNumber: undefined })).toBeUndefined();
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

const OWN = { extraData: "0x01000000fa0000000600000000000f4240", baseFeePerGas: "0xf4240", gasUsed: 63_000n };

describe("extraData is the attributes' (V-10)", () => {
  test.each([
    ["another elasticity", { payload: { extraData: "0x01000000fa0000000700000000000f4240" } }],
    ["another minimum base fee", { payload: { extraData: "0x01000000fa0000000600000000000f4241" } }],
    ["Holocene's form on Jovian", { payload: { extraData: "0x00000000fa00000006" } }],
    ["none", { payload: { extraData: "0x" } }],
    ["no field", { payload: { extraData: undefined } }],
  ])("%s fails", (_, change) => {
    expect(check(change)).toBe("V-10");
  });

  test("a minimum base fee above 2^53 is compared to the last digit", () => {
    const payload = { extraData: "0x01000000fa00000006ffffffffffffffff" };
    const asked = askedOf({ attributesText: (text) => text.replace("1000000", "18446744073709551615") });
    expect(failedAttributeCheck(envelopeOf(payload), asked)).toBeUndefined();
    expect(failedAttributeCheck(envelopeOf({ extraData: "0x01000000fa00000006fffffffffffffffe" }), asked)).toBe("V-10");
  });

  test("Holocene: version 0, no minimum base fee", () => {
    const attributes = { minBaseFee: undefined };
    expect(check({ attributes, payload: { extraData: "0x00000000fa00000006" } })).toBeUndefined();
    expect(check({ attributes })).toBe("V-10");
  });

  test("zero params stand for the chain's defaults, which only the execution client's own payload shows", () => {
    const attributes = { eip1559Params: "0x0000000000000000" };
    expect(check({ attributes, own: OWN })).toBeUndefined();
    expect(check({ attributes, own: { ...OWN, extraData: "0x01000000fb0000000600000000000f4240" } })).toBe("V-10");
    expect(check({ attributes })).toBeUndefined();
    expect(check({ attributes, chainParams: "000000fa00000006" })).toBeUndefined();
    expect(check({ attributes, chainParams: "000000fb00000006" })).toBe("V-10");
  });
});

describe("no blobs on an OP chain (V-11)", () => {
  test.each([
    ["excess blob gas", { payload: { excessBlobGas: "0x1" } }],
    ["no excess blob gas", { payload: { excessBlobGas: undefined } }],
    ["a blob transaction", { payload: { transactions: [DEPOSIT, "0x03f871"] } }],
    [
      "blob gas before Jovian",
      { attributes: { minBaseFee: undefined }, payload: { extraData: "0x00000000fa00000006", blobGasUsed: "0x20000" } },
    ],
    ["no blob gas field", { payload: { blobGasUsed: undefined } }],
  ])("%s fails", (_, change) => {
    expect(check(change)).toBe("V-11");
  });

  test("since Jovian blobGasUsed is the data availability footprint", () => {
    expect(check({ payload: { blobGasUsed: "0x20000" } })).toBeUndefined();
  });
});

describe("roots and requests of the fork (V-12)", () => {
  test.each([
    ["no withdrawals root since Isthmus", { payload: { withdrawalsRoot: undefined } }],
    ["a withdrawals root before Isthmus", { withdrawalsRoot: false }],
    ["an execution request", { envelope: { executionRequests: ["0x00"] } }],
    ["requests that are no list", { envelope: { executionRequests: "0x" } }],
  ])("%s fails", (_, change) => {
    expect(check(change)).toBe("V-12");
  });

  test("empty requests, or null as op-geth sends them, pass", () => {
    expect(check({ envelope: { executionRequests: [] } })).toBeUndefined();
    expect(check({ envelope: { executionRequests: null } })).toBeUndefined();
  });
});

test("the base fee is the execution client's own (V-13)", () => {
  expect(check({ own: OWN })).toBeUndefined();
  expect(check({ own: { ...OWN, baseFeePerGas: "0xf4241" } })).toBe("V-13");
  expect(check({ own: OWN, payload: { baseFeePerGas: undefined } })).toBe("V-13");
});

test("a payload that op-conductor could not take is refused (V-15)", () => {
  expect(check({ payloadBytesMax: 4_000 })).toBeUndefined();
  expect(check({ payloadBytesMax: 400 })).toBe("V-15");
});
