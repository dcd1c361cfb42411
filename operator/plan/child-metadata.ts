import type { RollupBoostCluster } from "../api/cluster.ts";
import { API_VERSION, childNameOf, GROUP, KIND } from "../api/names.ts";
import type { ManifestMetadata } from "./model.ts";

/** Label that names the RollupBoostCluster a child or pod belongs to. */
export const CLUSTER_LABEL = `${GROUP}/cluster`;

/** Label that names the sequencer a child or pod belongs to. */
export const SEQUENCER_LABEL = `${GROUP}/sequencer`;

/** What finds one sequencer's proxy pods. Immutable in a Deployment: nothing that changes may join. */
export const selectorLabels = (cluster: string, sequencer: string): Readonly<Record<string, string>> => ({
  "app.kubernetes.io/name": "rollup-boost-proxy",
  [CLUSTER_LABEL]: cluster,
  [SEQUENCER_LABEL]: sequencer,
});

/** Labels of every child and of the proxy pods. */
export const childLabels = (cluster: string, sequencer: string): Readonly<Record<string, string>> => ({
  ...selectorLabels(cluster, sequencer),
  "app.kubernetes.io/instance": cluster,
  "app.kubernetes.io/component": "proxy",
  "app.kubernetes.io/part-of": "rollup-boost",
  "app.kubernetes.io/managed-by": "rollup-boost-operator",
});

/** Metadata of a sequencer's child. Its owner is the cluster, so that it goes when the cluster goes. */
export const childMetadata = (cluster: RollupBoostCluster, sequencer: string): ManifestMetadata => {
  const { name, namespace, uid } = cluster.metadata;
  return {
    name: childNameOf(name, sequencer),
    ...(namespace === undefined ? {} : { namespace }),
    labels: childLabels(name, sequencer),
    ...(uid === undefined
      ? {}
      : {
          ownerReferences: [
            { apiVersion: API_VERSION, kind: KIND, name, uid, controller: true, blockOwnerDeletion: true },
          ],
        }),
  };
};
