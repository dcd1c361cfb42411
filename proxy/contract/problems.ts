import type { z } from "zod";

/** One thing that is wrong in a document: where, what stands there, and what may stand there. */
export type Problem = {
  /** As in JavaScript: `builders[0].url`; empty for the document itself. */
  readonly path: string;
  /** What was found, shortened, credentials masked. */
  readonly found: string;
  /** What is allowed there. */
  readonly allowed: string;
};

/** Whether a text has the form of a JWT secret: it may have been put where its file's name belongs, and is never repeated. */
export const isSecret = (text: string): boolean => /^(0x)?[0-9a-f]{64}$/i.test(text.trim());

/** Longest piece of a user's document that an error repeats. */
const FOUND_LENGTH_MAX = 80;

/** Every problem of a failed parse, in the order zod found them. */
export const problemsOf = (error: z.ZodError, document: unknown): readonly Problem[] =>
  error.issues.filter(isMeant).flatMap((issue) =>
    issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => ({
          path: pathText([...issue.path, key]),
          found: "this field",
          allowed: "no such field",
        }))
      : [{ path: pathText(issue.path), found: foundText(at(document, issue.path)), allowed: allowedText(issue) }],
  );

/** Zod also measures a text that stands where a list belongs: of a value of the wrong type only its type is said. */
const isMeant = (issue: z.core.$ZodIssue, _: number, all: readonly z.core.$ZodIssue[]): boolean =>
  issue.code === "invalid_type" ||
  !all.some((other) => other.code === "invalid_type" && pathText(other.path) === pathText(issue.path));

/** One line a problem: `builders[0].url: found "ftp://x", allowed: an http:// or https:// URL`. */
export const problemText = (problem: Problem): string =>
  `${problem.path === "" ? "(document)" : problem.path}: found ${problem.found}, allowed: ${problem.allowed}`;

/** Paths that stand in `document` and that its parsed form does not know. */
export function unknownFieldsOf(
  document: unknown,
  parsed: unknown,
  path: readonly PropertyKey[] = [],
): readonly string[] {
  if (Array.isArray(document) && Array.isArray(parsed)) {
    return document.flatMap((item, index) => unknownFieldsOf(item, parsed[index], [...path, index]));
  }
  if (!isRecord(document) || !isRecord(parsed)) return [];
  return Object.keys(document).flatMap((key) =>
    Object.hasOwn(parsed, key)
      ? unknownFieldsOf(document[key], parsed[key], [...path, key])
      : [pathText([...path, key])],
  );
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`),
    "",
  );

const at = (document: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    document,
  );

function foundText(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isRecord(value)) return "an object";
  if (typeof value === "string" && isSecret(value)) return "64 hex characters, not shown";
  const text = JSON.stringify(value).replace(/^"([a-z]+:)?.*@/i, '"$1//***@');
  return text.length > FOUND_LENGTH_MAX ? `${text.slice(0, FOUND_LENGTH_MAX)}…` : text;
}

function allowedText(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.expected === "int"
        ? "a whole number"
        : `${/^[aeiou]/.test(issue.expected) ? "an" : "a"} ${issue.expected}`;
    case "invalid_value":
      return issue.values.map((value) => JSON.stringify(value)).join(" or ");
    case "too_small":
      return issue.origin === "string" || issue.origin === "array"
        ? `at least ${issue.minimum} ${issue.origin === "string" ? "characters" : "entries"}`
        : `${issue.minimum} or more`;
    case "too_big":
      return issue.origin === "string" || issue.origin === "array"
        ? `at most ${issue.maximum} ${issue.origin === "string" ? "characters" : "entries"}`
        : `${issue.maximum} or less`;
    default:
      return issue.message;
  }
}
