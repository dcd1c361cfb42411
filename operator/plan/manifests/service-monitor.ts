import type { RollupBoostCluster } from "../../api/cluster.ts";
import { proxySelectorLabels, sharedMetadata } from "../child-metadata.ts";
import type { Manifest } from "../model.ts";

/** Tells the Prometheus operator where the proxies' metrics are: on the pods' admin port, which no Service has. */
export function serviceMonitor(cluster: RollupBoostCluster): Manifest {
  const { labels = {}, interval } = cluster.spec.proxy.serviceMonitor ?? {};
  const metadata = sharedMetadata(cluster);
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "ServiceMonitor",
    metadata: { ...metadata, labels: { ...labels, ...metadata.labels } },
    spec: {
      selector: { matchLabels: proxySelectorLabels(cluster.metadata.name) },
      endpoints: [{ targetPort: "admin", path: "/metrics", ...(interval === undefined ? {} : { interval }) }],
    },
  };
}
