import type { KubeClient } from "../kubernetes/kube-client.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { isOwnedBy } from "../kubernetes/ownership.ts";
import { objectPath, resourceOf } from "../kubernetes/resources.ts";
import type { Caches } from "../observe/caches.ts";
import { OWNED_AGE_MS, type SecretReader } from "../observe/secret-reader.ts";
import type { Manifest } from "../plan/model.ts";

/** A child as it is now, before anything is written. */
export type LiveChild =
  | { readonly kind: "absent" }
  | { readonly kind: "ours"; readonly object: KubeObject }
  /** An object of this name that belongs to something else. It is never touched. */
  | { readonly kind: "taken" };

export type LiveChildrenIo = {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly secrets: SecretReader;
};

/** A name that belongs to something else is looked at anew so soon, as it may be free by now. */
const TAKEN_AGE_MS = 1_000;

const CACHE_OF = {
  ConfigMap: "configMaps",
  Deployment: "deployments",
  Service: "services",
  PodDisruptionBudget: "podDisruptionBudgets",
  NetworkPolicy: "networkPolicies",
} as const;

/**
 * Looks a child up: in the cache, and where that has none, by name, as an object without our labels is in no cache of
 * ours.
 */
export async function liveChild(
  manifest: Pick<Manifest, "apiVersion" | "kind" | "metadata">,
  cluster: KubeObject,
  io: LiveChildrenIo,
  signal: AbortSignal,
): Promise<LiveChild> {
  const { namespace = "", uid } = cluster.metadata;
  const { name } = manifest.metadata;
  const remembered = await lastSeen(manifest.kind, namespace, name, OWNED_AGE_MS, io, signal);
  const isOther = remembered !== undefined && !isOwnedBy(remembered, uid);
  const seen = isOther ? await lastSeen(manifest.kind, namespace, name, TAKEN_AGE_MS, io, signal) : remembered;
  const object = seen ?? (await io.client.get(objectPath(resourceOf(manifest), namespace, name), signal));
  if (object === undefined) return { kind: "absent" };
  return isOwnedBy(object, uid) ? { kind: "ours", object } : { kind: "taken" };
}

async function lastSeen(
  kind: string,
  namespace: string,
  name: string,
  secretAgeMs: number,
  io: LiveChildrenIo,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  if (kind === "Secret") return await io.secrets.read(namespace, name, secretAgeMs, signal);
  const cache = Object.entries(CACHE_OF).find(([known]) => known === kind)?.[1];
  return cache === undefined ? undefined : io.caches.get(cache, `${namespace}/${name}`);
}
