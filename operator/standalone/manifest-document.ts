import { type Document, isMap, isNode, isScalar, LineCounter, parseAllDocuments } from "yaml";
import type { Problem } from "../../proxy/contract/problems.ts";

/** One YAML document of a manifest file. */
export type ManifestDocument = {
  /** As plain JSON; undefined for an empty document. */
  readonly value: unknown;
  /** `file:line`, of a field where it stands in the file, else of the nearest one around it. */
  readonly placeOf: (path: Problem["path"]) => string;
};

export type ParsedFile =
  | { readonly kind: "documents"; readonly documents: readonly ManifestDocument[] }
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/** Splits a file into its YAML documents (JSON is YAML too). Never throws; no problem repeats the file's text. */
export function parseFile(file: string, text: string): ParsedFile {
  const lines = new LineCounter();
  // Pretty errors show the source, and a Secret may stand in it.
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const documents = Array.isArray(parsed) ? parsed : [];
  const problems = documents.flatMap((document) =>
    document.errors.map((error) => `${file}:${lines.linePos(error.pos[0]).line}: not YAML: ${error.message}`),
  );
  if (problems.length > 0) return { kind: "invalid", problems };
  try {
    return {
      kind: "documents",
      documents: documents.map((document) => ({
        value: document.toJS(),
        placeOf: (path) => `${file}:${lines.linePos(offsetOf(document, path)).line}`,
      })),
    };
  } catch (error) {
    // Aliases are resolved here, and too many of them refused.
    const reason = error instanceof Error ? error.message : "it cannot be resolved";
    return { kind: "invalid", problems: [`${file}: not YAML: ${reason}`] };
  }
}

/** Where a field stands; a missing one: where the object that lacks it begins. */
function offsetOf(document: Document, path: Problem["path"]): number {
  const keys = [...path.matchAll(/[^.[\]]+/g)].map(([key]) => key);
  for (let length = keys.length; length > 0; length--) {
    const parent = length === 1 ? document.contents : document.getIn(keys.slice(0, length - 1).map(asIndex), true);
    const key = keys[length - 1];
    const pair = isMap(parent) ? parent.items.find((item) => isScalar(item.key) && item.key.value === key) : undefined;
    if (isNode(pair?.key) && pair.key.range) return pair.key.range[0];
    const item = document.getIn(keys.slice(0, length).map(asIndex), true);
    if (isNode(item) && item.range) return item.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

const asIndex = (key: string): string | number => (/^\d+$/.test(key) ? Number(key) : key);
