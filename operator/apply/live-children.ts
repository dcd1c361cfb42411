import type { KubeClient } from "../kubernetes/kube-client.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { isOwnedBy } from "../kubernetes/ownership.ts";
import { objectPath, resourceOf } from "../kubernetes/resources.ts";
import type { Caches } from "../observe/caches.ts";
import type { SecretReader } from "../observe/secret-reader.ts";
import type { Manifest } from "../plan/model.ts";

/** What says which child is meant. */
export type ChildName = Pick<Manifest, "apiVersion" | "kind" | "metadata">;

/** The children of one sequencer as they are now, before anything is written. */
export type LiveChildren =
  | { readonly kind: "ours"; readonly objectOf: (child: ChildName) => KubeObject | undefined }
  /** A child's name belongs to something else, which is never touched. */
  | { readonly kind: "taken"; readonly child: ChildName };

export type LiveChildrenIo = {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly secrets: SecretReader;
};

/** How old a view of an owned Secret may be. */
const SECRET_AGE_MS = 10_000;

const CACHE_OF: ReadonlyMap<string, "configMaps" | "deployments" | "services"> = new Map([
  ["ConfigMap", "configMaps"],
  ["Deployment", "deployments"],
  ["Service", "services"],
]);

/** Looks every child up, and whose it is. */
export async function liveChildren(
  children: readonly ChildName[],
  cluster: KubeObject,
  io: LiveChildrenIo,
  signal: AbortSignal,
): Promise<LiveChildren> {
  const found = await Promise.all(
    children.map(async (child) => ({ child, object: await liveChild(child, cluster, io, signal) })),
  );
  const taken = found.find(({ object }) => object !== undefined && !isOwnedBy(object, cluster.metadata.uid));
  return taken === undefined
    ? { kind: "ours", objectOf: ({ kind }) => found.find(({ child }) => child.kind === kind)?.object }
    : { kind: "taken", child: taken.child };
}

/** In the cache or, where that has none of ours, by name: an object without our labels is in no cache of ours. */
async function liveChild(
  { apiVersion, kind, metadata: { name } }: ChildName,
  cluster: KubeObject,
  io: LiveChildrenIo,
  signal: AbortSignal,
): Promise<KubeObject | undefined> {
  const { namespace = "", uid } = cluster.metadata;
  const cache = CACHE_OF.get(kind);
  const seen =
    cache === undefined
      ? await io.secrets.read(namespace, name, SECRET_AGE_MS, signal)
      : io.caches.get(cache, `${namespace}/${name}`);
  if (seen !== undefined && isOwnedBy(seen, uid)) return seen;
  return cache === undefined
    ? await io.secrets.read(namespace, name, 0, signal)
    : await io.client.get(objectPath(resourceOf({ apiVersion, kind }), namespace, name), signal);
}
