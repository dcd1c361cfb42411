import { z } from "zod";

/** A schema as the API server takes it: structural, OpenAPI 3.0. */
export type StructuralSchema = { [keyword: string]: unknown };

/** Marks a union of integer and string as Kubernetes' IntOrString. */
export const INT_OR_STRING = { "x-kubernetes-int-or-string": true };

/** Keywords that the API server refuses, or takes with a warning and ignores (`const`). */
const FORBIDDEN = [
  "$ref",
  "definitions",
  "$defs",
  "patternProperties",
  "dependencies",
  "id",
  "const",
  "oneOf",
  "allOf",
  "not",
];

/**
 * Makes a structural schema from zod. Plain objects only: no unions but IntOrString, no strict objects, no `id`.
 * Throws, naming the place, when the result would not be structural.
 */
export function structuralSchemaOf(schema: z.ZodType): StructuralSchema {
  const { $schema: _, ...structural }: StructuralSchema = z.toJSONSchema(schema, {
    target: "openapi-3.0",
    // Output mode would make defaulted fields required and forbid unknown ones.
    io: "input",
    reused: "inline",
    cycles: "throw",
    unrepresentable: "throw",
    override: ({ jsonSchema }) => adjust(jsonSchema as StructuralSchema),
  });
  lint(structural, "$");
  return structural;
}

function adjust(schema: StructuralSchema): void {
  if (schema["x-kubernetes-int-or-string"] === true) {
    delete schema.type;
    schema.anyOf = [{ type: "integer" }, { type: "string" }];
  }
  // z.int() says the bounds of a double's whole numbers; the API server's int64 is what is meant.
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.type === "integer") schema.format ??= "int64";
  delete schema.propertyNames;
}

function lint(schema: StructuralSchema, path: string): void {
  const refused = FORBIDDEN.find((keyword) => keyword in schema);
  if (refused !== undefined) throw new Error(`${path}: "${refused}" is not structural`);
  const intOrString = schema["x-kubernetes-int-or-string"] === true;
  if (!intOrString && typeof schema.type !== "string") throw new Error(`${path}: a type is required`);
  if (!intOrString && "anyOf" in schema) throw new Error(`${path}: "anyOf" is not structural`);
  if ("properties" in schema && "additionalProperties" in schema) {
    throw new Error(`${path}: properties and additionalProperties exclude each other`);
  }
  // CEL cost is estimated from the bounds: one list or string without any makes a rule unaffordable.
  const bound = { array: "maxItems", string: "maxLength" }[String(schema.type)];
  const finite = "enum" in schema || schema.format === "date-time";
  if (bound !== undefined && !finite && !(bound in schema)) throw new Error(`${path}: ${bound} is required`);

  const properties = (schema.properties ?? {}) as Record<string, StructuralSchema>;
  for (const [name, property] of Object.entries(properties)) lint(property, `${path}.${name}`);
  if (schema.items !== undefined) lint(schema.items as StructuralSchema, `${path}[]`);
  if (schema.additionalProperties !== undefined) {
    if (!("maxProperties" in schema)) throw new Error(`${path}: maxProperties is required`);
    lint(schema.additionalProperties as StructuralSchema, `${path}{}`);
  }
}
