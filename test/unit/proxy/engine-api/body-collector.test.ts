import { describe, expect, test } from "vitest";
import { BodyCollector } from "../../../../proxy/engine-api/body-collector.ts";

const bytes = (length: number, byte: number): Buffer => Buffer.alloc(length, byte);

const collected = (announced: string | undefined, chunks: readonly Buffer[]): Buffer => {
  const body = new BodyCollector(announced);
  for (const chunk of chunks) body.add(chunk);
  expect(body.bytes).toBe(Buffer.concat(chunks).length);
  return body.whole();
};

describe("a body is what came, whatever was announced", () => {
  const chunks = [bytes(65_536, 1), bytes(65_536, 2), bytes(100, 3)];
  test.each([
    ["its length", "131172"],
    ["nothing", undefined],
    ["less", "70000"],
    ["more", "200000"],
    ["a length far above all bounds", "999999999"],
    ["no number", "-1"],
  ])("%s", (_, announced) => {
    expect(collected(announced, chunks).equals(Buffer.concat(chunks))).toBe(true);
  });
});

test("a body in one chunk is handed on without a copy", () => {
  const chunk = bytes(500, 7);
  expect(collected("500", [chunk])).toBe(chunk);
});

test("no body is empty", () => {
  expect(collected(undefined, [])).toHaveLength(0);
});

test("a cleared body holds nothing", () => {
  const body = new BodyCollector("131072");
  body.add(bytes(65_536, 1));
  body.clear();
  expect([body.bytes, body.whole().length]).toEqual([0, 0]);
});
