import { type Problem, problemsOf } from "../../proxy/contract/problems.ts";
import { ClusterSpec, RollupBoostCluster } from "./cluster.ts";
import { ruleProblemsOf } from "./cluster-rules.ts";
import { structuralSchemaOf } from "./structural-schema.ts";
import { unknownFieldsIn } from "./unknown-fields.ts";

export type ParsedCluster = (
  | { readonly kind: "valid"; readonly cluster: RollupBoostCluster }
  | { readonly kind: "invalid"; readonly problems: readonly Problem[] }
) & {
  /** Fields of the spec that are not known: dropped, as the API server would. Standalone mode refuses them. */
  readonly unknownFields: readonly string[];
};

const SPEC_SCHEMA = structuralSchemaOf(ClusterSpec);

/**
 * Parses a RollupBoostCluster: with defaults applied, or every problem at once, those that cross fields too. Never
 * throws. The API server's schema is the first gate; this is the second (old objects), and standalone mode's only one.
 */
export function parseCluster(document: unknown): ParsedCluster {
  const spec = specOf(document);
  const unknownFields = unknownFieldsIn(spec, SPEC_SCHEMA, "spec");
  const parsed = RollupBoostCluster.safeParse(document);
  const problems = [...(parsed.success ? [] : problemsOf(parsed.error, document)), ...ruleProblemsOf(spec)];
  return parsed.success && problems.length === 0
    ? { kind: "valid", cluster: parsed.data, unknownFields }
    : { kind: "invalid", problems, unknownFields };
}

const specOf = (document: unknown): unknown =>
  typeof document === "object" && document !== null && "spec" in document ? document.spec : undefined;
