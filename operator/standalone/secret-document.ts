import { z } from "zod";
import type { Problem } from "../../proxy/contract/problems.ts";

/** A Kubernetes Secret from a manifest file, values decoded. Keep it out of logs, errors and status. */
export type SecretDocument = {
  readonly name: string;
  readonly namespace: string | undefined;
  readonly values: Readonly<Record<string, string>>;
};

export type ParsedSecret =
  | { readonly kind: "valid"; readonly secret: SecretDocument }
  /** Names places, never values. */
  | { readonly kind: "invalid"; readonly problems: readonly Problem[] };

const Values = z.record(z.string(), z.string()).default({});

const Secret = z.object({
  metadata: z.object({ name: z.string().min(1), namespace: z.string().optional() }),
  data: Values,
  stringData: Values,
});

/** Reads a Secret document: `data` in base64, `stringData` as it stands, which wins as in Kubernetes. */
export function parseSecretDocument(document: unknown): ParsedSecret {
  const parsed = Secret.safeParse(document);
  if (!parsed.success) {
    return {
      kind: "invalid",
      problems: parsed.error.issues.map(({ path }) => ({
        path: path.join("."),
        found: "something else (not shown: it may be a secret)",
        allowed:
          path[0] === "metadata" ? "the Secret's metadata.name" : "text; put a value of digits or 0x... in quotes",
      })),
    };
  }
  const { metadata, data, stringData } = parsed.data;
  const decoded = Object.entries(data).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]);
  return {
    kind: "valid",
    secret: {
      name: metadata.name,
      namespace: metadata.namespace,
      values: { ...Object.fromEntries(decoded), ...stringData },
    },
  };
}
