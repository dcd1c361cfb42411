import type { StructuralSchema } from "./structural-schema.ts";

/** Paths of fields that the schema does not have: what the API server would prune. Works on a document that is wrong in other ways. */
export function unknownFieldsIn(value: unknown, schema: StructuralSchema, path: string): readonly string[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return isObject(items) ? value.flatMap((item, index) => unknownFieldsIn(item, items, `${path}[${index}]`)) : [];
  }
  const { properties } = schema;
  if (!isObject(value) || !isObject(properties)) return [];
  return Object.entries(value).flatMap(([key, field]) => {
    const known = Object.hasOwn(properties, key) ? properties[key] : undefined;
    return isObject(known) ? unknownFieldsIn(field, known, `${path}.${key}`) : [`${path}.${key}`];
  });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
