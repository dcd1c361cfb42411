import { expect, test } from "vitest";
import { ownPayloadOf } from "../../../../proxy/engine-api/own-payload.ts";
import { payloadJson } from "../kit/block.ts";

const answer = (payload: object, around: object = {}): string =>
  JSON.stringify({ jsonrpc: "2.0", id: 1, ...around, result: { executionPayload: payload, blockValue: "0x1" } });
const read = (text: string) => ownPayloadOf(Buffer.from(text));

const OWN = { extraData: "0x01000000fa0000000600000000000f4240", baseFeePerGas: "0xf4240", gasUsed: 0xf618n };

test.each([
  ["as it is", answer(payloadJson)],
  ["in another order", answer(Object.fromEntries(Object.entries(payloadJson).reverse()))],
  ["with white space", JSON.stringify(JSON.parse(answer(payloadJson)), undefined, "\t")],
  ["behind an id that has the names in it", answer(payloadJson, { id: '"gasUsed":"0x1","extraData":"0x2"' })],
  ["behind an id that ends in a name", answer(payloadJson, { id: 'x"gasUsed' })],
  ["behind a field whose value is a name", answer(payloadJson, { method: "gasUsed", note: "baseFeePerGas" })],
  ["behind a key that ends in a name", answer(payloadJson, { 'x"gasUsed': "0x1" })],
  ["behind a key that begins with a name", answer(payloadJson, { gasUsedBefore: "0x1" })],
])("the own payload is read %s", (_, text) => {
  expect(read(text)).toEqual(OWN);
});

test("gas beyond a double's reach is exact", () => {
  expect(read(answer({ ...payloadJson, gasUsed: "0x20000000000001" }))?.gasUsed).toBe(2n ** 53n + 1n);
});

test("extraData may be empty, before Holocene", () => {
  expect(read(answer({ ...payloadJson, extraData: "0x" }))?.extraData).toBe("0x");
});

test.each([
  ["an error", '{"jsonrpc":"2.0","id":1,"error":{"code":-38001,"message":"Unknown payload"}}'],
  ["nothing", ""],
  ["no JSON", "<html>"],
  ["cut off in a value", answer(payloadJson).slice(0, answer(payloadJson).indexOf("baseFeePerGas") + 18)],
  ["gas that is no quantity", answer({ ...payloadJson, gasUsed: "0x" })],
  ["a base fee that is no quantity", answer({ ...payloadJson, baseFeePerGas: "0x" })],
  ["gas that is a number", answer({ ...payloadJson, gasUsed: 21_000 })],
  ["gas of megabytes", answer({ ...payloadJson, gasUsed: `0x${"1".repeat(2_000_000)}` })],
])("%s is no own payload, and does not throw", (_, text) => {
  expect(read(text)).toBeUndefined();
});
