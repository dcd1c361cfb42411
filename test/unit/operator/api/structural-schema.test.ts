import { expect, test } from "vitest";
import { z } from "zod";
import { structuralSchemaOf } from "../../../../operator/api/structural-schema.ts";

const text = z.string().max(10);

test("a plain object becomes a structural schema; what has a default is not required", () => {
  const schema = z.object({ name: text, mode: z.enum(["a", "b"]).default("a"), count: z.int().optional() });
  expect(structuralSchemaOf(schema)).toEqual({
    type: "object",
    required: ["name"],
    properties: {
      name: { type: "string", maxLength: 10 },
      mode: { type: "string", enum: ["a", "b"], default: "a" },
      count: { type: "integer", format: "int64" },
    },
  });
});

const refused: readonly [string, z.ZodType, string][] = [
  ["a union", z.object({ a: z.union([text, z.int()]) }), "$.a: a type is required"],
  ["a discriminated union", z.object({ a: z.discriminatedUnion("k", [z.object({ k: z.literal("x") })]) }), '"oneOf"'],
  ["a strict object", z.strictObject({ a: text }), "exclude each other"],
  ["a list without a bound", z.object({ a: z.array(text) }), "$.a: maxItems is required"],
  ["a text without a bound", z.object({ a: z.array(z.string()).max(2) }), "$.a[]: maxLength is required"],
  ["a map without a bound", z.object({ a: z.record(text, text) }), "$.a: maxProperties is required"],
];
test.each(refused)("%s is refused with its place", (_, schema, message) => {
  expect(() => structuralSchemaOf(schema)).toThrow(message);
});
