import type { RollupBoostCluster, SequencerSpec } from "../../api/cluster.ts";
import { childMetadata, selectorLabels } from "../child-metadata.ts";
import type { Manifest } from "../model.ts";
import { PROXY_PORTS } from "./deployment.ts";

/** What op-node's --l2 (engine) and op-conductor's execution.rpc (rpc) point at. */
export const service = (cluster: RollupBoostCluster, sequencer: SequencerSpec): Manifest => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: childMetadata(cluster, sequencer.name),
  spec: {
    type: "ClusterIP",
    selector: selectorLabels(cluster.metadata.name, sequencer.name),
    ports: (["engine", "rpc"] as const).map((name) => ({
      name,
      port: PROXY_PORTS[name],
      targetPort: name,
      protocol: "TCP",
    })),
  },
});
