import type { RollupBoostCluster } from "../../api/cluster.ts";
import { proxySelectorLabels, sharedMetadata } from "../child-metadata.ts";
import type { Manifest } from "../model.ts";
import { PROXY_PORTS } from "./deployment.ts";

/**
 * Lets only those named in the spec reach the proxies, port by port; nobody, where the spec names none. Kubernetes leaves
 * enforcing to the network plugin: a control plane alone, as in our tests, stores it and enforces nothing.
 */
export function networkPolicy(cluster: RollupBoostCluster): Manifest {
  const { engineFrom = [], adminFrom = [] } = cluster.spec.proxy.networkPolicy ?? {};
  const rule = (from: readonly object[], ports: readonly (keyof typeof PROXY_PORTS)[]) => ({
    from,
    ports: ports.map((name) => ({ port: PROXY_PORTS[name], protocol: "TCP" })),
  });
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: sharedMetadata(cluster),
    spec: {
      podSelector: { matchLabels: proxySelectorLabels(cluster.metadata.name) },
      policyTypes: ["Ingress"],
      // A rule whose list is empty would let everyone in.
      ingress: [rule(engineFrom, ["engine", "rpc"]), rule(adminFrom, ["admin"])].filter(({ from }) => from.length > 0),
    },
  };
}
