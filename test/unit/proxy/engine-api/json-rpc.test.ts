import { describe, expect, test } from "vitest";
import {
  errorBody,
  requestBody,
  resultBody,
  stringParam,
  viewAnswer,
  viewRequest,
} from "../../../../proxy/engine-api/json-rpc.ts";

const request = (text: string) => viewRequest(Buffer.from(text));
const answer = (text: string) => viewAnswer(Buffer.from(text));

describe("a request's id is answered back byte for byte", () => {
  test.each(["1", "0", "-7", "1.50", "18446744073709551616", '"a"', '"\\u0061 \\"b\\""', "null", "true"])(
    "%s",
    (id) => {
      const seen = request(`{"jsonrpc":"2.0","id": ${id} ,"method":"eth_chainId"}`);
      expect(seen?.id.toString()).toBe(id);
      expect(resultBody(Buffer.from(id), Buffer.from('"0x1"')).toString()).toBe(
        `{"jsonrpc":"2.0","id":${id},"result":"0x1"}`,
      );
      expect(JSON.parse(errorBody(seen?.id, -32603, 'no "answer"').toString())).toEqual({
        jsonrpc: "2.0",
        id: JSON.parse(id),
        error: { code: -32603, message: 'no "answer"' },
      });
    },
  );
});

describe("what is no single, unambiguous call only passes through", () => {
  test.each([
    ["a batch", '[{"id":1,"method":"engine_getPayloadV4","params":[]}]'],
    ["a notification", '{"method":"engine_getPayloadV4","params":["0x1"]}'],
    ["an id that is an object", '{"id":{},"method":"engine_getPayloadV4"}'],
    ["an id that is a list", '{"id":[1],"method":"engine_getPayloadV4"}'],
    ["no method", '{"id":1,"params":[]}'],
    ["a method that is no text", '{"id":1,"method":4}'],
    ["two methods", '{"id":1,"method":"eth_chainId","Method":"engine_getPayloadV4"}'],
    ["not JSON", "engine_getPayloadV4"],
    ["nothing", ""],
  ])("%s", (_, text) => {
    expect(request(text)).toBeUndefined();
  });
});

test("parameters that are no list are none, and only a text is a text", () => {
  expect(request('{"id":1,"method":"m","params":{"0":"0x1"}}')?.params).toEqual([]);
  expect(request('{"id":1,"method":"m"}')?.params).toEqual([]);
  const seen = request('{"id":1,"method":"m","params":["0x03",null,7]}');
  expect(seen && [0, 1, 2, 3].map((index) => stringParam(seen, index, 66))).toEqual([
    "0x03",
    undefined,
    undefined,
    undefined,
  ]);
});

test("an escaped method name is not the method it spells", () => {
  expect(request('{"id":1,"method":"engine_getPayload\\u0056 4"}')?.method).not.toBe("engine_getPayloadV4");
});

describe("an upstream's answer", () => {
  test.each([
    ['{"jsonrpc":"2.0","id":1,"result":null}', { kind: "result" }],
    ['{"result":{"a":1},"error":null}', { kind: "result" }],
    [
      '{"error":{"code":-38001,"message":"Unknown payload"}}',
      { kind: "error", code: -38_001, message: "Unknown payload" },
    ],
    ['{"error":{"code":-1,"message":"no"},"result":{"status":"VALID"}}', { kind: "error", code: -1, message: "no" }],
    ['{"error":"broken"}', { kind: "error", code: 0, message: "" }],
    ['{"error":{"code":"7"}}', { kind: "error", code: 0, message: "" }],
    ['{"jsonrpc":"2.0","id":1}', { kind: "malformed" }],
    ["[]", { kind: "malformed" }],
    ['[{"result":1}]', { kind: "malformed" }],
    ["<html>Bad Gateway</html>", { kind: "malformed" }],
    ["", { kind: "malformed" }],
  ])("%s is %o", (text, expected) => {
    expect(answer(text)).toMatchObject(expected);
  });

  test("an error's text is kept short", () => {
    const seen = answer(JSON.stringify({ error: { code: 1, message: "x".repeat(10_000) } }));
    expect(seen.kind === "error" && seen.message.length).toBe(200);
  });
});

test("a call of our own holds texts and bytes in their order", () => {
  const body = requestBody("engine_newPayloadV4", [Buffer.from('{"a":1}'), "[]", '"0x02"', "[]"]);
  expect(JSON.parse(body.toString())).toEqual({
    jsonrpc: "2.0",
    id: 1,
    method: "engine_newPayloadV4",
    params: [{ a: 1 }, [], "0x02", []],
  });
  expect(JSON.parse(requestBody("eth_chainId", []).toString()).params).toEqual([]);
});
