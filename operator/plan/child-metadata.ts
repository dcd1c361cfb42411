import type { RollupBoostCluster } from "../api/cluster.ts";
import { API_VERSION, childNameOf, GROUP, KIND } from "../api/names.ts";
import type { ManifestMetadata } from "./model.ts";

/** Label that names the RollupBoostCluster a child or pod belongs to. */
export const CLUSTER_LABEL = `${GROUP}/cluster`;

/** Label that names the sequencer a child or pod belongs to. */
export const SEQUENCER_LABEL = `${GROUP}/sequencer`;

/** What finds one sequencer's proxy pods. Immutable in a Deployment: nothing that changes may join. */
export const selectorLabels = (cluster: string, sequencer: string): Readonly<Record<string, string>> => ({
  ...proxySelectorLabels(cluster),
  [SEQUENCER_LABEL]: sequencer,
});

/** What finds all proxy pods of a cluster, and their Services. */
export const proxySelectorLabels = (cluster: string): Readonly<Record<string, string>> => ({
  "app.kubernetes.io/name": "rollup-boost-proxy",
  [CLUSTER_LABEL]: cluster,
});

/** Labels of every child of a sequencer and of the proxy pods. */
export const childLabels = (cluster: string, sequencer: string): Readonly<Record<string, string>> => ({
  ...sharedLabels(cluster),
  ...selectorLabels(cluster, sequencer),
});

const sharedLabels = (cluster: string): Readonly<Record<string, string>> => ({
  ...proxySelectorLabels(cluster),
  "app.kubernetes.io/instance": cluster,
  "app.kubernetes.io/component": "proxy",
  "app.kubernetes.io/part-of": "rollup-boost",
  "app.kubernetes.io/managed-by": "rollup-boost-operator",
});

/** What children need to know of their cluster: it can be had when the spec cannot. */
export type ClusterIdentity = {
  readonly metadata: Pick<RollupBoostCluster["metadata"], "name" | "namespace" | "uid">;
};

/** Metadata of a sequencer's child. Its owner is the cluster, so that it goes when the cluster goes. */
export const childMetadata = (cluster: ClusterIdentity, sequencer: string): ManifestMetadata => ({
  ...ownedBy(cluster),
  name: childNameOf(cluster.metadata.name, sequencer),
  labels: childLabels(cluster.metadata.name, sequencer),
});

/** Metadata of a child that all sequencers of the cluster share; it has the cluster's own name. */
export const sharedMetadata = (cluster: ClusterIdentity): ManifestMetadata => ({
  ...ownedBy(cluster),
  name: cluster.metadata.name,
  labels: sharedLabels(cluster.metadata.name),
});

const ownedBy = ({
  metadata: { name, namespace, uid },
}: ClusterIdentity): Pick<ManifestMetadata, "namespace" | "ownerReferences"> => {
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined
      ? {}
      : {
          ownerReferences: [
            { apiVersion: API_VERSION, kind: KIND, name, uid, controller: true, blockOwnerDeletion: true },
          ],
        }),
  };
};
