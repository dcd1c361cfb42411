import { type ClusterIdentity, proxySelectorLabels, sharedMetadata } from "../child-metadata.ts";
import type { Manifest } from "../model.ts";

/**
 * Of all proxies of a cluster one may be evicted at a time. One that does not serve anyway never holds up a drain. There
 * is no second budget for the leader's: two that cover a pod make every eviction fail.
 */
export const podDisruptionBudget = (cluster: ClusterIdentity): Manifest => ({
  apiVersion: "policy/v1",
  kind: "PodDisruptionBudget",
  metadata: sharedMetadata(cluster),
  spec: {
    maxUnavailable: 1,
    unhealthyPodEvictionPolicy: "AlwaysAllow",
    selector: { matchLabels: proxySelectorLabels(cluster.metadata.name) },
  },
});
