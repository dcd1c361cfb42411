import type { RollupBoostCluster } from "../api/cluster.ts";
import { ClusterStatus, type Leadership } from "../api/cluster-status.ts";
import { childNameOf } from "../api/names.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { isOwnedBy } from "../kubernetes/ownership.ts";
import { selectorLabels } from "../plan/child-metadata.ts";
import type { Observed, ProxyObserved, SecretRef, SequencerObserved } from "../plan/model.ts";
import { secretRefsOf } from "../plan/secrets.ts";
import type { Caches } from "./caches.ts";
import { isAvailable, podViewOf, writtenConfigOf } from "./kubernetes-views.ts";
import type { SecretReader } from "./secret-reader.ts";

/** What a cluster looks like at one moment. */
export type Snapshot = {
  /** All that a plan may know. */
  readonly observed: Observed;
  /** Values of the JWT secrets that are valid, for those who write the copies. */
  readonly secretValueOf: (ref: SecretRef) => string | undefined;
};

export type ObserveIo = {
  readonly caches: Caches;
  readonly secrets: SecretReader;
  /** By sequencer name. Never rejects: who does not answer is `unknown`. */
  readonly leadershipOf: (
    cluster: RollupBoostCluster,
    signal: AbortSignal,
  ) => Promise<Readonly<Record<string, Leadership>>>;
  /** Never rejects: who does not answer has a `problem`. */
  readonly askProxy: (
    proxy: Pick<ProxyObserved, "name" | "adminUrl" | "ready">,
    signal: AbortSignal,
  ) => Promise<ProxyObserved>;
  /** Wall clock, milliseconds. */
  readonly nowMs: () => number;
};

/** Reads everything at once: the caches, the Secrets by name, the op-conductors, every proxy pod. */
export async function observeCluster(
  cluster: RollupBoostCluster,
  object: KubeObject,
  io: ObserveIo,
  signal: AbortSignal,
): Promise<Snapshot> {
  const namespace = object.metadata.namespace ?? "";
  const [secrets, leadership, sequencers] = await Promise.all([
    Promise.all(secretRefsOf(cluster).map((ref) => io.secrets.readJwt(namespace, ref, signal))),
    io.leadershipOf(cluster, signal),
    Promise.all(
      cluster.spec.sequencers.map(
        async ({ name }) => [name, await observeSequencer(object, name, io, signal)] as const,
      ),
    ),
  ]);
  return {
    observed: {
      secrets: secrets.map(({ form }) => form),
      sequencers: Object.fromEntries(
        sequencers.map(([name, sequencer]) => [name, { ...sequencer, leader: leadership[name] ?? "unknown" }]),
      ),
      previousStatus: previousStatusOf(object),
      now: nowOf(io),
    },
    secretValueOf: (ref) => secrets.find(({ form }) => form.ref.name === ref.name && form.ref.key === ref.key)?.value,
  };
}

/** The status as it stands in the object, if it can be read. */
export const previousStatusOf = (object: KubeObject): ClusterStatus | undefined =>
  ClusterStatus.safeParse(object.status).data;

/** The time as conditions carry it: whole seconds. */
export const nowOf = ({ nowMs }: Pick<ObserveIo, "nowMs">): string =>
  new Date(nowMs()).toISOString().replace(/\.\d+Z$/, "Z");

/** Surging and terminating pods too: they serve as long as they run. Objects of someone else do not count. */
async function observeSequencer(
  cluster: KubeObject,
  sequencer: string,
  io: ObserveIo,
  signal: AbortSignal,
): Promise<Omit<SequencerObserved, "leader">> {
  const { name, namespace = "", uid } = cluster.metadata;
  const child = `${namespace}/${childNameOf(name, sequencer)}`;
  const ours = (object: KubeObject | undefined): KubeObject | undefined =>
    object !== undefined && isOwnedBy(object, uid) ? object : undefined;
  const pods = io.caches.select("pods", namespace, selectorLabels(name, sequencer));
  return {
    written: writtenConfigOf(ours(io.caches.get("configMaps", child))),
    proxies: await Promise.all(pods.flatMap((pod) => podViewOf(pod) ?? []).map((pod) => io.askProxy(pod, signal))),
    proxiesAvailable: isAvailable(ours(io.caches.get("deployments", child))),
  };
}
