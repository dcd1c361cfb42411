import { expect, test } from "vitest";
import { viewJson } from "../../../../proxy/engine-api/json-view.ts";
import { transactionType } from "../../../../proxy/selection/transaction-type.ts";

const typeOf = (json: string): number | undefined => {
  const body = Buffer.from(json);
  const view = viewJson(body);
  if (view === undefined) throw new Error(`not JSON: ${json}`);
  return transactionType(body, view);
};

test.each([
  ['"0x7ef8a0"', 0x7e],
  ['"0x7Ef8a0"', 0x7e],
  ['"0x03"', 0x03],
  ['"0xF86b"', 0xf8],
  ['"0x00"', 0x00],
])("%s has the type %i", (json, type) => {
  expect(typeOf(json)).toBe(type);
});

test.each(['"0x"', '"0x7"', '""', '"0X7e00"', '"7e00"', '"0x\\u0037e"', '"0xg1"', '"0x1`"', "126", "null", '["0x7e"]'])(
  "%s has none",
  (json) => {
    expect(typeOf(json)).toBeUndefined();
  },
);
