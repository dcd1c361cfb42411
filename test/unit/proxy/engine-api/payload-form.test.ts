import { describe, expect, test } from "vitest";
import { isSoundAroundPayload, newPayloadBody, viewPayloadStatus } from "../../../../proxy/engine-api/payload.ts";
import { unreadableField } from "../../../../proxy/engine-api/payload-form.ts";
import { envelopeOf, envelopeOfText, payloadJson } from "../kit/block.ts";

test("a payload as execution clients write it can be read by op-node", () => {
  expect(unreadableField(envelopeOf())).toBeUndefined();
  expect(unreadableField(envelopeOf({ withdrawalsRoot: undefined }))).toBeUndefined();
  expect(unreadableField(envelopeOf({ withdrawalsRoot: null, excessBlobGas: null }))).toBeUndefined();
  expect(unreadableField(envelopeOf({ extraData: "0x", newField: { any: 7 } }))).toBeUndefined();
});

describe("what an execution client may take and op-node's decoder does not", () => {
  test.each([
    ["gasLimit", "0x03938700"],
    ["gasLimit", 60_000_000],
    ["gasUsed", "63000"],
    ["gasUsed", "0x"],
    ["timestamp", "0x00"],
    ["blockNumber", `0x1${"0".repeat(16)}`],
    ["baseFeePerGas", "0x0f4240"],
    ["blobGasUsed", "0x00"],
    ["stateRoot", null],
    ["stateRoot", "d1".repeat(32)],
    ["receiptsRoot", `0x${"d2".repeat(31)}`],
    ["blockHash", "0xe1"],
    ["parentHash", undefined],
    ["withdrawalsRoot", ""],
    ["feeRecipient", `0x${"42".repeat(32)}`],
    ["logsBloom", "0x"],
    ["extraData", "0x0"],
    ["extraData", `0x${"00".repeat(33)}`],
  ])("%s %j", (field, value) => {
    expect(unreadableField(envelopeOf({ [field]: value }))).toBe(field);
  });

  test("an escape, wherever it stands in the payload", () => {
    const text = JSON.stringify({ result: { executionPayload: payloadJson } });
    expect(unreadableField(envelopeOfText(text.replace('"0xf86b01"', '"0xf86b\\u0030\\u0031"')))).toBe("an escape");
    expect(unreadableField(envelopeOfText(text.replace('"0xf618"', '"\\u0030xf618"')))).toBe("an escape");
  });
});

describe("around the payload op-node trusts our word alone", () => {
  const around = (text: string) =>
    isSoundAroundPayload(envelopeOfText(`{"result":{"executionPayload":${JSON.stringify(payloadJson)},${text}}}`));

  test.each(['"blockValue":"0x1"', '"x":{"y":["\\u00e9","ü"]}', '"x":1e999'])("%s is sound", (text) => {
    expect(around(text)).toBe(true);
  });

  test.each(['"x":"\n"', '"x":"\\q"', '"x":"\\u12"'])("%j is not", (text) => {
    expect(around(text)).toBe(false);
  });

  test("neither is what is not UTF-8", () => {
    const { body, ...envelope } = envelopeOf({}, { x: "?" });
    const changed = Buffer.from(body);
    changed[changed.lastIndexOf("?")] = 0xff;
    expect(isSoundAroundPayload({ ...envelope, body: changed })).toBe(false);
  });
});

test("a candidate is validated with its own bytes, in the version's form", () => {
  const envelope = envelopeOf({ minBaseFee: 1 });
  const payload = JSON.stringify({ ...payloadJson, minBaseFee: 1 });
  const v3 = newPayloadBody(envelope, {
    method: "engine_newPayloadV3",
    trailing: [],
    withdrawalsRoot: false,
  }).toString();
  const v4 = newPayloadBody(envelope, {
    method: "engine_newPayloadV4",
    trailing: ["[]"],
    withdrawalsRoot: true,
  }).toString();
  const root = `"0x${"c1".repeat(32)}"`;
  expect(v3).toBe(`{"jsonrpc":"2.0","id":1,"method":"engine_newPayloadV3","params":[${payload},[],${root}]}`);
  expect(v4).toBe(`{"jsonrpc":"2.0","id":1,"method":"engine_newPayloadV4","params":[${payload},[],${root},[]]}`);
});

describe("a payload status", () => {
  test.each([
    ['{"result":{"status":"VALID","validationError":null}}', { status: "VALID", validationError: undefined }],
    ['{"result":{"status":"INVALID","validationError":"bad"}}', { status: "INVALID", validationError: "bad" }],
    ['{"result":{"status":"VALID"},"error":{"code":-32000,"message":"no"}}', undefined],
    ['{"error":{"code":-32000,"message":"no"}}', undefined],
    ['{"result":"VALID"}', undefined],
    ['{"status":"VALID"}', undefined],
    ['{"result":{"status":"INVALID","Status":"VALID"}}', undefined],
    ["", undefined],
  ])("%s", (text, expected) => {
    expect(viewPayloadStatus(Buffer.from(text))).toEqual(expected);
  });
});
