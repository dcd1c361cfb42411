import { type Problem, problemText } from "../../proxy/contract/problems.ts";
import type { RollupBoostCluster } from "../api/cluster.ts";
import { GROUP, KIND } from "../api/names.ts";
import { parseCluster } from "../api/parse-cluster.ts";
import { type ManifestDocument, parseFile } from "./manifest-document.ts";
import { parseSecretDocument, type SecretDocument } from "./secret-document.ts";

/** What the manifest files say. */
export type Manifests = {
  readonly clusters: readonly RollupBoostCluster[];
  readonly secrets: readonly SecretDocument[];
  /** `file:line` where each of them begins. */
  readonly placeOf: (document: RollupBoostCluster | SecretDocument) => string;
  /** Documents of other kinds. */
  readonly passedOver: number;
};

export type ManifestsOptions = {
  /** False: every sequencer must say where its proxy runs. */
  readonly spawn: boolean;
  /** True: for the API server, not for standalone mode: a name is unique in its namespace, and none at all is fine. */
  readonly forKubernetes?: boolean;
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
  options: ManifestsOptions,
): ParsedManifests {
  const problems: string[] = [];
  const clusters: RollupBoostCluster[] = [];
  const secrets: SecretDocument[] = [];
  const places = new Map<RollupBoostCluster | SecretDocument, string>();
  let passedOver = 0;
  for (const { path, text } of files) {
    const parsed = parseFile(path, text);
    if (parsed.kind === "invalid") {
      problems.push(...parsed.problems);
      continue;
    }
    for (const document of parsed.documents.flatMap(itemsOf)) {
      const kind = fieldOf(document.value, "kind");
      if (kind === "Secret") {
        const secret = parseSecretDocument(document.value);
        if (secret.kind === "valid") {
          secrets.push(secret.secret);
          places.set(secret.secret, document.placeOf(""));
        } else problems.push(...placed(document, secret.problems));
      } else if (kind === KIND) {
        const found = clusterProblems(document.value, clusters, options);
        if (found.cluster !== undefined) {
          clusters.push(found.cluster);
          places.set(found.cluster, document.placeOf(""));
        }
        problems.push(...placed(document, found.problems));
      } else if (String(fieldOf(document.value, "apiVersion")).startsWith(`${GROUP}/`)) {
        problems.push(...placed(document, [{ path: "kind", found: JSON.stringify(kind), allowed: `"${KIND}"` }]));
      } else if (document.value !== undefined && document.value !== null) passedOver += 1;
    }
  }
  if (clusters.length === 0 && problems.length === 0 && options.forKubernetes !== true) {
    problems.push(`no document of kind ${KIND} in ${files.map(({ path }) => path).join(", ")}`);
  }
  return problems.length === 0
    ? { kind: "valid", manifests: { clusters, secrets, placeOf: (document) => places.get(document) ?? "", passedOver } }
    : { kind: "invalid", problems: [...new Set(problems)] };
}

function clusterProblems(
  value: unknown,
  others: readonly RollupBoostCluster[],
  { spawn, forKubernetes }: ManifestsOptions,
): { readonly cluster?: RollupBoostCluster; readonly problems: readonly Problem[] } {
  const parsed = parseCluster(value);
  const unknown = parsed.unknownFields.map((path) => ({ path, found: "this field", allowed: "no such field" }));
  if (parsed.kind === "invalid") return { problems: [...parsed.problems, ...unknown] };
  const { cluster } = parsed;
  const problems: Problem[] = [...unknown];
  const isTaken = others.some(
    ({ metadata }) =>
      metadata.name === cluster.metadata.name &&
      (forKubernetes !== true || metadata.namespace === cluster.metadata.namespace),
  );
  if (isTaken) {
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

const LISTS = ["List", `${KIND}List`, "SecretList"];

/** A list, as `kubectl get -o yaml` prints it, stands for its items. */
function itemsOf(document: ManifestDocument): readonly ManifestDocument[] {
  const items = LISTS.includes(String(fieldOf(document.value, "kind"))) ? fieldOf(document.value, "items") : undefined;
  if (!Array.isArray(items)) return [document];
  return items.map((value: unknown, index) => ({
    value,
    placeOf: (path) => document.placeOf(path === "" ? `items[${index}]` : `items[${index}].${path}`),
  }));
}

const fieldOf = (value: unknown, field: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, field) ? Reflect.get(value, field) : undefined;
