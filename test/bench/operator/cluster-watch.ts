import pino from "pino";
import { systemClock } from "../../../operator/kubernetes/clock.ts";
import type { KubeClient } from "../../../operator/kubernetes/kube-client.ts";
import { collectionPath, resources } from "../../../operator/kubernetes/resources.ts";
import { Reflector } from "../../../operator/observe/reflector.ts";
import { conditionOf } from "../../kubernetes/kit/conditions.ts";

/** The clusters as the API server has them. */
export type ClusterWatch = AsyncDisposable & {
  /** How many are Ready for the spec they have now. */
  readonly ready: () => number;
  /** How many know their leader. */
  readonly led: () => number;
  /** How many sequencers have all their children: the Service is made last. */
  readonly made: () => number;
};

/** Watches every RollupBoostCluster, and every Service of the operator. */
export function watchClusters(client: KubeClient): ClusterWatch {
  const stopping = new AbortController();
  const dependencies = { client, clock: systemClock, log: pino({ level: "silent" }), changed: () => undefined };
  const clusters = new Reflector(
    { path: collectionPath(resources.clusters, undefined), labelSelector: undefined },
    dependencies,
  );
  const services = new Reflector(
    { path: collectionPath(resources.services, undefined), labelSelector: "app.kubernetes.io/name=rollup-boost-proxy" },
    dependencies,
  );
  const watching = Promise.all([clusters, services].map((reflector) => reflector.run(stopping.signal)));
  const count = (condition: string): number =>
    clusters.list().filter((object) => {
      const status = object.status as { readonly observedGeneration?: number } | undefined;
      const isCurrent = status?.observedGeneration === object.metadata.generation;
      return isCurrent && conditionOf(object, condition)?.status === "True";
    }).length;
  return {
    ready: () => count("Ready"),
    led: () => count("LeaderKnown"),
    made: () => services.list().length,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await watching;
    },
  };
}
