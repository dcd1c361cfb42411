import type { KubeObject } from "../kubernetes/kube-object.ts";
import { isOwnedBy } from "../kubernetes/ownership.ts";
import { CLUSTER_LABEL, SEQUENCER_LABEL, selectorLabels } from "../plan/child-metadata.ts";
import type { SequencerObserved } from "../plan/model.ts";
import { isAvailable, podViewOf, writtenConfigOf } from "./kubernetes-views.ts";
import { nowOf, type ObserveIo, previousStatusOf, type Snapshot } from "./observe-cluster.ts";

/** What runs of a cluster whose spec is not followed. It is found by the ConfigMaps there are: the spec has no say. */
export async function observeRunning(cluster: KubeObject, io: ObserveIo, signal: AbortSignal): Promise<Snapshot> {
  const { name, namespace = "", uid } = cluster.metadata;
  const previousStatus = previousStatusOf(cluster);
  const configMaps = io.caches
    .select("configMaps", namespace, { [CLUSTER_LABEL]: name })
    .filter((configMap) => isOwnedBy(configMap, uid));
  const sequencers = await Promise.all(
    configMaps.map(async (configMap): Promise<readonly [string, SequencerObserved]> => {
      const sequencer = configMap.metadata.labels?.[SEQUENCER_LABEL] ?? "";
      const pods = io.caches.select("pods", namespace, selectorLabels(name, sequencer));
      const deployment = io.caches.get("deployments", `${namespace}/${configMap.metadata.name}`);
      const observed: SequencerObserved = {
        written: writtenConfigOf(configMap),
        proxies: await Promise.all(pods.flatMap((pod) => podViewOf(pod) ?? []).map((pod) => io.askProxy(pod, signal))),
        leader: previousStatus?.sequencers?.find((row) => row.name === sequencer)?.leader ?? "unknown",
        proxiesAvailable: deployment !== undefined && isOwnedBy(deployment, uid) && isAvailable(deployment),
      };
      return [sequencer, observed];
    }),
  );
  const versions = new Map(
    configMaps.map(({ metadata }) => [metadata.labels?.[SEQUENCER_LABEL] ?? "", metadata.resourceVersion]),
  );
  return {
    observed: { secrets: [], sequencers: Object.fromEntries(sequencers), previousStatus, now: nowOf(io) },
    secretValueOf: () => undefined,
    configMapVersionOf: (sequencer) => versions.get(sequencer),
  };
}
