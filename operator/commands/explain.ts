import type { RollupBoostCluster } from "../api/cluster.ts";
import { timingOf } from "../api/cluster-rules.ts";
import { childNameOf } from "../api/names.ts";
import { PROXY_PORTS } from "../plan/manifests/deployment.ts";
import type { Observed, Plan, PlanOptions, SecretForm, SecretRef } from "../plan/model.ts";
import { plan } from "../plan/plan.ts";
import { secretRefsOf } from "../plan/secrets.ts";
import type { Manifests } from "../standalone/manifests.ts";
import { findJwtSecret } from "../standalone/secret-source.ts";

/** What the operator would do with one cluster, as far as its manifests alone say. */
export type Explanation = {
  readonly name: string;
  readonly namespace: string | undefined;
  /** `file:line` of the manifest. */
  readonly place: string;
  readonly topology: string;
  readonly executionMode: string;
  readonly sequencers: readonly {
    readonly name: string;
    /** For op-node's --l2. */
    readonly engineUrl: string;
    /** For op-conductor's --execution.rpc. */
    readonly rpcUrl: string;
    readonly executionClient: string;
    readonly conductor: string | undefined;
    /** The builders its proxy would be wired to. */
    readonly builders: readonly { readonly name: string; readonly url: string }[];
  }[];
  /** Builders that no sequencer would be wired to. */
  readonly unwired: readonly string[];
  readonly timing: {
    readonly blockTimeMs: number;
    readonly builderDeadlineMs: number;
    readonly decisionDeadlineMs: number;
    /** True where it follows from the block time. */
    readonly isDefault: { readonly builderDeadlineMs: boolean; readonly decisionDeadlineMs: boolean };
  };
  readonly ports: typeof PROXY_PORTS;
  readonly secrets: readonly {
    readonly ref: SecretRef;
    /** Whose secret it is: sequencers (their execution clients') and builders. */
    readonly usedBy: readonly string[];
    readonly form: SecretForm["form"];
    /** `file:line` of the Secret document; undefined: none of the documents. */
    readonly place: string | undefined;
  }[];
  /** What would be made, by kind. */
  readonly children: readonly { readonly kind: string; readonly names: readonly string[] }[];
};

/** What would be made for each cluster and who would be wired to what, from the same plan that the operator follows. */
export const explain = (manifests: Manifests, options: PlanOptions): readonly Explanation[] =>
  manifests.clusters.map((cluster) => explainCluster(cluster, manifests, options));

function explainCluster(cluster: RollupBoostCluster, manifests: Manifests, options: PlanOptions): Explanation {
  const { metadata, spec } = cluster;
  const planned = plan(cluster, allSecretsGiven(cluster), options);
  const host = (sequencer: string): string =>
    [childNameOf(metadata.name, sequencer), ...(metadata.namespace === undefined ? [] : [metadata.namespace])].join(
      ".",
    );
  const buildersOf = (sequencer: string) =>
    planned.configs.find((config) => config.sequencer === sequencer)?.document.builders ?? [];
  const wired = new Set(planned.configs.flatMap(({ document }) => document.builders.map(({ name }) => name)));
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    place: manifests.placeOf(cluster),
    topology: spec.topology,
    executionMode: spec.executionMode,
    sequencers: spec.sequencers.map(({ name, executionClient, conductor }) => ({
      name,
      engineUrl: `http://${host(name)}:${PROXY_PORTS.engine}`,
      rpcUrl: `http://${host(name)}:${PROXY_PORTS.rpc}`,
      executionClient: executionClient.url,
      conductor: conductor?.url,
      builders: buildersOf(name).map((builder) => ({ name: builder.name, url: builder.url })),
    })),
    unwired: spec.builders.map(({ name }) => name).filter((name) => !wired.has(name)),
    timing: {
      ...timingOf(spec.timing),
      isDefault: {
        builderDeadlineMs: spec.timing.builderDeadlineMs === undefined,
        decisionDeadlineMs: spec.timing.decisionDeadlineMs === undefined,
      },
    },
    ports: PROXY_PORTS,
    secrets: secretRefsOf(cluster).map((ref) => explainSecret(ref, cluster, manifests)),
    children: childrenOf(planned),
  };
}

function explainSecret(ref: SecretRef, { metadata, spec }: RollupBoostCluster, manifests: Manifests) {
  const source = { documents: manifests.secrets, secretsDir: undefined };
  const { form } = findJwtSecret(source, metadata.namespace, ref).form;
  const isSame = (other: SecretRef): boolean => other.name === ref.name && other.key === ref.key;
  const document = manifests.secrets.find(
    ({ name, namespace }) =>
      name === ref.name &&
      (namespace === undefined || metadata.namespace === undefined || namespace === metadata.namespace),
  );
  return {
    ref,
    usedBy: [
      ...spec.sequencers.filter(({ executionClient }) => isSame(executionClient.jwtSecretRef)),
      ...spec.builders.filter(({ jwtSecretRef }) => isSame(jwtSecretRef)),
    ].map(({ name }) => name),
    form,
    place: document === undefined ? undefined : manifests.placeOf(document),
  };
}

/** Shown is what would be once every Secret is there; which are missing is shown beside it. */
const allSecretsGiven = (cluster: RollupBoostCluster): Observed => ({
  secrets: secretRefsOf(cluster).map((ref) => ({ ref, form: "valid" })),
  sequencers: {},
  previousStatus: undefined,
  now: "1970-01-01T00:00:00Z",
});

function childrenOf({ manifests, secrets }: Plan): Explanation["children"] {
  const children = [...manifests, ...secrets.map(({ name }) => ({ kind: "Secret", metadata: { name } }))];
  return [...Map.groupBy(children, ({ kind }) => kind)]
    .map(([kind, ofKind]) => ({ kind, names: ofKind.map(({ metadata }) => metadata.name) }))
    .toSorted((a, b) => (a.kind < b.kind ? -1 : 1));
}
