import type { RollupBoostCluster, SequencerSpec } from "../api/cluster.ts";
import { ClusterStatus, type Leadership } from "../api/cluster-status.ts";
import { childNameOf } from "../api/names.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { type KubeObject, keyOf } from "../kubernetes/kube-object.ts";
import { isOwnedBy } from "../kubernetes/ownership.ts";
import { objectPath, resources } from "../kubernetes/resources.ts";
import { selectorLabels } from "../plan/child-metadata.ts";
import type { Observed, ProxyObserved, SecretRef, SequencerObserved } from "../plan/model.ts";
import { filesOf, secretRefsOf } from "../plan/secrets.ts";
import type { Caches } from "./caches.ts";
import { keptValueOf } from "./kept-secrets.ts";
import { isAvailable, podViewOf, writtenConfigOf } from "./kubernetes-views.ts";
import { OWNED_AGE_MS, type SecretReader } from "./secret-reader.ts";
import type { SecretRounds } from "./secret-rounds.ts";

/** What a cluster looks like at one moment. */
export type Snapshot = {
  /** All that a plan may know. */
  readonly observed: Observed;
  /** Values of the JWT secrets that are valid, for those who write the copies. */
  readonly secretValueOf: (ref: SecretRef) => string | undefined;
  /** resourceVersion of the ConfigMap that a sequencer's `written` was read from; undefined: there was none. */
  readonly configMapVersionOf: (sequencer: string) => string | undefined;
};

export type ObserveIo = {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly secrets: SecretReader;
  readonly secretRounds: Pick<SecretRounds, "follow" | "forget">;
  /** By sequencer name. Never rejects: who does not answer is `unknown`. */
  readonly leadershipOf: (
    clusterKey: string,
    cluster: RollupBoostCluster,
    signal: AbortSignal,
  ) => Promise<Readonly<Record<string, Leadership>>>;
  /** The cluster (`namespace/name`) is gone: nobody needs to be asked any more. */
  readonly forgetLeadership: (clusterKey: string) => void;
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
  const refs = secretRefsOf(cluster);
  io.secretRounds.follow(keyOf(object), namespace, [...new Set(refs.map(({ name }) => name))]);
  const [secrets, leadership, sequencers] = await Promise.all([
    Promise.all(refs.map((ref) => io.secrets.readJwt(namespace, ref, signal))),
    io.leadershipOf(keyOf(object), cluster, signal),
    Promise.all(
      cluster.spec.sequencers.map(
        async (sequencer) => [sequencer.name, await observeSequencer(cluster, object, sequencer, io, signal)] as const,
      ),
    ),
  ]);
  return {
    observed: {
      secrets: secrets.map(({ form }) => form),
      sequencers: Object.fromEntries(
        sequencers.map(([name, { observed }]) => [name, { ...observed, leader: leadership[name] ?? "unknown" }]),
      ),
      previousStatus: previousStatusOf(object),
      now: nowOf(io),
    },
    secretValueOf: (ref) => secrets.find(({ form }) => form.ref.name === ref.name && form.ref.key === ref.key)?.value,
    configMapVersionOf: (sequencer) => sequencers.find(([name]) => name === sequencer)?.[1].configMapVersion,
  };
}

/** The status as it stands in the object, if it can be read. */
export const previousStatusOf = (object: KubeObject): ClusterStatus | undefined =>
  ClusterStatus.safeParse(object.status).data;

/** The time as conditions carry it: whole seconds. */
export const nowOf = ({ nowMs }: Pick<ObserveIo, "nowMs">): string =>
  new Date(nowMs()).toISOString().replace(/\.\d+Z$/, "Z");

type SequencerSeen = {
  readonly observed: Omit<SequencerObserved, "leader">;
  readonly configMapVersion: string | undefined;
};

/** Surging and terminating pods too: they serve as long as they run. Objects of someone else do not count. */
async function observeSequencer(
  cluster: RollupBoostCluster,
  clusterObject: KubeObject,
  sequencer: SequencerSpec,
  io: ObserveIo,
  signal: AbortSignal,
): Promise<SequencerSeen> {
  const { name, namespace = "", uid } = clusterObject.metadata;
  const childName = childNameOf(name, sequencer.name);
  const child = `${namespace}/${childName}`;
  const ours = (object: KubeObject | undefined): KubeObject | undefined =>
    object !== undefined && isOwnedBy(object, uid) ? object : undefined;
  const pods = io.caches.select("pods", namespace, selectorLabels(name, sequencer.name));
  const configMapPath = objectPath(resources.configMaps, namespace, childName);
  const [proxies, secret, listed] = await Promise.all([
    Promise.all(pods.flatMap((pod) => podViewOf(pod) ?? []).map((pod) => io.askProxy(pod, signal))),
    io.secrets.read(namespace, childName, OWNED_AGE_MS, signal),
    // One without our labels, or written a moment ago, is in no cache.
    io.caches.get("configMaps", child) ?? io.client.get(configMapPath, signal),
  ]);
  const configMap = ours(io.caches.get("configMaps", child) ?? listed);
  return {
    configMapVersion: configMap?.metadata.resourceVersion,
    observed: {
      written: writtenConfigOf(configMap),
      proxies,
      keptSecretFiles: filesOf(cluster, sequencer)
        .filter((file) => keptValueOf(ours(secret), file) !== undefined)
        .map(({ file }) => file),
      proxiesAvailable: isAvailable(ours(io.caches.get("deployments", child))),
    },
  };
}
