import type { RollupBoostCluster, SequencerSpec } from "../../api/cluster.ts";
import { childLabels, childMetadata, selectorLabels } from "../child-metadata.ts";
import type { Manifest, PlanOptions } from "../model.ts";

/** Name of the proxy's container. */
const PROXY_CONTAINER = "proxy";

/** Ports of the proxy's container. The admin port is not in the Service: it is for the operator and for metrics, by pod. */
export const PROXY_PORTS = { engine: 8551, rpc: 8545, admin: 8080 } as const;

const CONFIG_DIR = "/etc/rollup-boost/config";
const SECRETS_DIR = "/etc/rollup-boost/secrets";
const STATE_DIR = "/var/lib/rollup-boost";

/** Longer than the proxy's drain (10 s), so that it ends by itself. */
const TERMINATION_GRACE_SECONDS = 30;

/** Enough for the largest payloads; memory is bounded so that a fault cannot take the node along. */
const DEFAULT_RESOURCES = { requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "1Gi" } };

/**
 * The Deployment of a sequencer's proxy. One replica: a payload id must reach the process that gave it. The pod template
 * holds nothing of the config, so that endpoints and wiring change without a restart.
 */
export function deployment(cluster: RollupBoostCluster, sequencer: SequencerSpec, options: PlanOptions): Manifest {
  const metadata = childMetadata(cluster, sequencer.name);
  const clusterName = cluster.metadata.name;
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { ...metadata, labels: { ...metadata.labels, "app.kubernetes.io/version": options.operatorVersion } },
    spec: {
      replicas: 1,
      revisionHistoryLimit: 2,
      selector: { matchLabels: selectorLabels(clusterName, sequencer.name) },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: {
        metadata: { labels: childLabels(clusterName, sequencer.name) },
        spec: podSpec(cluster, metadata.name, options),
      },
    },
  };
}

const podSpec = (cluster: RollupBoostCluster, childName: string, options: PlanOptions) => ({
  automountServiceAccountToken: false,
  enableServiceLinks: false,
  terminationGracePeriodSeconds: TERMINATION_GRACE_SECONDS,
  securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
  containers: [
    {
      name: PROXY_CONTAINER,
      image: cluster.spec.proxy.image || options.proxyImage,
      args: [`--config=${CONFIG_DIR}/config.json`, `--secrets-dir=${SECRETS_DIR}`, `--state-dir=${STATE_DIR}`],
      ports: Object.entries(PROXY_PORTS).map(([name, containerPort]) => ({ name, containerPort, protocol: "TCP" })),
      // Sticky in the proxy: an execution client's outage does not empty the Service.
      readinessProbe: { httpGet: { path: "/readyz", port: "admin" }, periodSeconds: 2, timeoutSeconds: 2 },
      // A restart costs a builder block; only a process that has been stuck for a while is worth one.
      livenessProbe: {
        httpGet: { path: "/livez", port: "admin" },
        periodSeconds: 10,
        timeoutSeconds: 5,
        failureThreshold: 6,
      },
      resources: cluster.spec.proxy.resources ?? DEFAULT_RESOURCES,
      securityContext: {
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      },
      volumeMounts: [
        { name: "config", mountPath: CONFIG_DIR, readOnly: true },
        { name: "secrets", mountPath: SECRETS_DIR, readOnly: true },
        { name: "state", mountPath: STATE_DIR },
      ],
    },
  ],
  volumes: [
    { name: "config", configMap: { name: childName } },
    { name: "secrets", secret: { secretName: childName } },
    { name: "state", emptyDir: { sizeLimit: "64Mi" } },
  ],
});
