import { type Problem, problemText } from "../../proxy/contract/problems.ts";
import type { RollupBoostCluster } from "../api/cluster.ts";
import { KIND } from "../api/names.ts";
import { parseCluster } from "../api/parse-cluster.ts";
import { type ManifestDocument, parseFile } from "./manifest-document.ts";
import { parseSecretDocument, type SecretDocument } from "./secret-document.ts";

/** What the manifest files say. */
export type Manifests = {
  readonly clusters: readonly RollupBoostCluster[];
  readonly secrets: readonly SecretDocument[];
};

export type ParsedManifests =
  | { readonly kind: "valid"; readonly manifests: Manifests }
  /** Every problem, each with file, line and field. */
  | { readonly kind: "invalid"; readonly problems: readonly string[] };

/**
 * Reads RollupBoostCluster and Secret documents; others may stand in the files and are passed over. Unknown fields are
 * problems here: there is no API server that warns of a typo. Without `spawn` every sequencer needs its proxy's URL.
 */
export function parseManifests(
  files: readonly { readonly path: string; readonly text: string }[],
  options: { readonly spawn: boolean },
): ParsedManifests {
  const problems: string[] = [];
  const clusters: RollupBoostCluster[] = [];
  const secrets: SecretDocument[] = [];
  for (const { path, text } of files) {
    const parsed = parseFile(path, text);
    if (parsed.kind === "invalid") {
      problems.push(...parsed.problems);
      continue;
    }
    for (const document of parsed.documents) {
      const kind = kindOf(document.value);
      if (kind === "Secret") {
        const secret = parseSecretDocument(document.value);
        if (secret.kind === "valid") secrets.push(secret.secret);
        else problems.push(...placed(document, secret.problems));
      } else if (kind === KIND) {
        const found = clusterProblems(document.value, clusters, options.spawn);
        if (found.cluster !== undefined) clusters.push(found.cluster);
        problems.push(...placed(document, found.problems));
      }
    }
  }
  if (clusters.length === 0 && problems.length === 0) {
    problems.push(`no document of kind ${KIND} in ${files.map(({ path }) => path).join(", ")}`);
  }
  return problems.length === 0
    ? { kind: "valid", manifests: { clusters, secrets } }
    : { kind: "invalid", problems: [...new Set(problems)] };
}

function clusterProblems(
  value: unknown,
  others: readonly RollupBoostCluster[],
  spawn: boolean,
): { readonly cluster?: RollupBoostCluster; readonly problems: readonly Problem[] } {
  const parsed = parseCluster(value);
  const unknown = parsed.unknownFields.map((path) => ({ path, found: "this field", allowed: "no such field" }));
  if (parsed.kind === "invalid") return { problems: [...parsed.problems, ...unknown] };
  const { cluster } = parsed;
  const problems: Problem[] = [...unknown];
  if (others.some((other) => other.metadata.name === cluster.metadata.name)) {
    const allowed = "a name that no other cluster of these files has";
    problems.push({ path: "metadata.name", found: JSON.stringify(cluster.metadata.name), allowed });
  }
  if (!spawn) {
    for (const [index, { proxy }] of cluster.spec.sequencers.entries()) {
      const allowed = "the admin URL of the sequencer's proxy (or start the operator with --spawn)";
      if (proxy === undefined)
        problems.push({ path: `spec.sequencers[${index}].proxy.url`, found: "nothing", allowed });
    }
  }
  return problems.length === 0 ? { cluster, problems } : { problems };
}

const placed = (document: ManifestDocument, problems: readonly Problem[]): readonly string[] =>
  problems.map((problem) => `${document.placeOf(problem.path)}: ${problemText(problem)}`);

const kindOf = (value: unknown): unknown =>
  typeof value === "object" && value !== null && "kind" in value ? value.kind : undefined;
