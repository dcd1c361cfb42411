import { describe, expect, test } from "vitest";
import {
  type JsonView,
  member,
  quantityOf,
  rawBytes,
  stringOf,
  viewJson,
} from "../../../../proxy/engine-api/json-view.ts";
import { randomJson } from "../kit/json-value.ts";
import { seeded } from "../kit/random.ts";

const view = (text: string): JsonView | undefined => viewJson(Buffer.from(text));

/** What a view says, decoded leaf by leaf: to be compared with JSON.parse. */
function decoded(bytes: Buffer, at: JsonView): unknown {
  switch (at.kind) {
    case "object":
      return Object.fromEntries([...at.members].map(([key, value]) => [key, decoded(bytes, value)]));
    case "array":
      return at.items.map((item) => decoded(bytes, item));
    default:
      return JSON.parse(rawBytes(bytes, at).toString("utf8"));
  }
}

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

test("a view says what JSON.parse says, for 2,000 random values, tight or with white space", () => {
  const chance = seeded(7);
  for (let round = 0; round < 2_000; round += 1) {
    const value = randomJson(chance, 5);
    const bytes = Buffer.from(JSON.stringify(value, null, round % 3));
    const seen = viewJson(bytes);
    expect(seen, bytes.toString()).toBeDefined();
    if (seen !== undefined) expect(decoded(bytes, seen)).toEqual(JSON.parse(bytes.toString()));
  }
});

test("no text cut short is taken for a whole one, wherever it was cut", () => {
  const chance = seeded(11);
  for (let round = 0; round < 200; round += 1) {
    const bytes = Buffer.from(JSON.stringify([randomJson(chance, 4)]));
    for (let length = 0; length < bytes.length; length += 1)
      expect(viewJson(bytes.subarray(0, length))).toBeUndefined();
  }
});

test("what JSON.parse refuses is refused, for 20,000 texts with one byte changed outside of strings", () => {
  const chance = seeded(13);
  const bytes = '{}[],:"-+.eE0159tfn xul';
  for (let round = 0; round < 20_000; round += 1) {
    const text = '{"a":[1,-2.5e+3,true,{"b":null,"c":[]}],"d":"0x1f","e":{}}';
    const at = chance(text.length);
    const changed = text.slice(0, at) + (bytes[chance(bytes.length)] ?? "") + text.slice(at + chance(2));
    if (view(changed) !== undefined) expect(parses(changed), changed).toBe(true);
  }
});

describe("two readers could understand these differently, so there is no view", () => {
  test.each([
    ["a key twice", '{"gasUsed":"0x1","gasUsed":"0x2"}'],
    ["a key twice in another case (Go takes the last)", '{"gasUsed":"0x1","GasUsed":"0x2"}'],
    ["a key twice, deep inside", '{"result":[{"a":{"id":1,"ID":2}}]}'],
    ["an escaped key", '{"\\u0067asUsed":"0x1"}'],
    ["a key that is not ASCII (Go folds ſ to s)", '{"gaſUsed":"0x1"}'],
    ["a key with a control character", '{"gas\u0001":"0x1"}'],
  ])("%s", (_, text) => {
    expect(view(text)).toBeUndefined();
  });
});

describe("no JSON, no view", () => {
  test.each([
    "",
    " ",
    "{",
    "}",
    "[",
    "]",
    "{}{}",
    "[1,]",
    "[,1]",
    "[1 2]",
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    "{a:1}",
    "nul",
    "True",
    "tru",
    "01",
    "-",
    "+1",
    "1.",
    ".5",
    "1e",
    "0x10",
    "--1",
    "1-1",
    "Infinity",
    "NaN",
    '"',
    '"\\"',
    "'a'",
    "\ufeff{}",
    "// no\n{}",
    "<html></html>",
  ])("%j", (text) => {
    expect(parses(text)).toBe(false);
    expect(view(text)).toBeUndefined();
  });
});

test("a quote behind backslashes ends a string when their number is even", () => {
  for (let backslashes = 0; backslashes < 6; backslashes += 1) {
    const text = `["${"\\".repeat(backslashes)}","a"]`;
    expect(view(text) !== undefined, text).toBe(parses(text));
  }
});

test("nesting, values and digits are bounded", () => {
  expect(view("[".repeat(33) + "]".repeat(33))).toBeDefined();
  expect(view("[".repeat(34) + "]".repeat(34))).toBeUndefined();
  expect(view("[".repeat(1_000_000))).toBeUndefined();
  expect(view(`{"a":${'{"a":'.repeat(100_000)}`)).toBeUndefined();
  expect(view(`[${"0,".repeat(200_000)}0]`)).toBeDefined();
  expect(view(`[${"0,".repeat(300_000)}0]`)).toBeUndefined();
  expect(view("9".repeat(100))).toBeDefined();
  expect(view("9".repeat(101))).toBeUndefined();
});

test("a text full of quotes and backslashes takes no more than linear time", () => {
  const long = `["${"\\\\".repeat(1_000_000)}"${',"\\""'.repeat(100_000)}]`;
  const startedMs = performance.now();
  expect(view(long)).toBeDefined();
  expect(performance.now() - startedMs).toBeLessThan(5_000);
});

test("what takes long to read is bounded: names, and escaped quotes, are far more than any call or payload has", () => {
  const names = (count: number): string => Array.from({ length: count }, (_, at) => `"${at}":0`).join();
  expect(view(`{${names(32_000)}}`)?.kind).toBe("object");
  expect(view(`{${names(33_000)}}`)).toBeUndefined();
  expect(view(`[${Array(33_000).fill('{"a":0}').join()}]`)).toBeUndefined();
  expect(view(`{"${"a".repeat(100)}":0}`)?.kind).toBe("object");
  expect(view(`{"${"a".repeat(130)}":0}`)).toBeUndefined();
  expect(view(`["${'\\"'.repeat(200_000)}"]`)?.kind).toBe("array");
  expect(view(`["${'\\"'.repeat(260_000)}"]`)).toBeUndefined();
  const each = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "eth_call", params: [{ to: {}, data: {} }] });
  expect(view(`[${Array(2_000).fill(each).join()}]`)?.kind).toBe("array");
});

test("what stands inside a string is not judged: it is handed on, and whoever decodes it refuses it", () => {
  expect(view('"\n"')).toMatchObject({ kind: "string" });
  expect(view('"\\x"')).toMatchObject({ kind: "string" });
  expect(viewJson(Buffer.from([0x22, 0xff, 0x22]))).toMatchObject({ kind: "string" });
});

test("values are read where they stand, and kept as they stand", () => {
  const bytes = Buffer.from('{"id":18446744073709551615,"text":"0xAb","list":[ 1 ],"n":null}');
  const seen = viewJson(bytes);
  const id = member(seen, "id");
  expect(id && rawBytes(bytes, id).toString()).toBe("18446744073709551615");
  expect(stringOf(bytes, member(seen, "text"))).toBe("0xAb");
  expect(stringOf(bytes, member(seen, "n"))).toBeUndefined();
  const list = member(seen, "list");
  expect(list && rawBytes(bytes, list).toString()).toBe("[ 1 ]");
  expect(member(seen, "ID")).toBeUndefined();
  expect(member(seen, "toString")).toBeUndefined();
  expect(member(member(seen, "list"), "length")).toBeUndefined();
});

test.each([
  ['"0x0"', 0n],
  ['"0x1c9c380"', 30_000_000n],
  [`"0x${"f".repeat(64)}"`, 2n ** 256n - 1n],
  [`"0x${"f".repeat(65)}"`, undefined],
  ['"0x"', undefined],
  ['"1"', undefined],
  ["1", undefined],
  ['"0x1 "', undefined],
  ['"-0x1"', undefined],
  ["null", undefined],
])("the quantity %s is %s", (text, value) => {
  expect(quantityOf(Buffer.from(text), view(text))).toBe(value);
});
