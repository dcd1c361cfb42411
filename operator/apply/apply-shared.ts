import { isKubeError } from "../kubernetes/kube-error.ts";
import { type KubeObject, keyOf } from "../kubernetes/kube-object.ts";
import { isOwnedBy } from "../kubernetes/ownership.ts";
import { objectPath, resourceOf, resources } from "../kubernetes/resources.ts";
import type { Manifest, SharedChild } from "../plan/model.ts";
import type { ChildWriter } from "./child-writer.ts";
import { type LiveChild, type LiveChildrenIo, liveChild } from "./live-children.ts";
import type { MonitorReader } from "./monitor-reader.ts";

export type SharedIo = LiveChildrenIo & { readonly writer: ChildWriter; readonly monitors: MonitorReader };

export type SharedOutcome =
  | { readonly kind: "applied"; readonly wrote: boolean }
  /** The name belongs to something else; nothing was written. */
  | { readonly kind: "taken"; readonly childKind: string; readonly childName: string }
  /** A ServiceMonitor is wanted where the API server has no such kind. */
  | { readonly kind: "kind_absent" };

/** Writes one child that the cluster's proxies share; deletes one of ours that is not wanted any more. */
export async function applyShared(
  { manifest, isWanted }: SharedChild,
  cluster: KubeObject,
  io: SharedIo,
  signal: AbortSignal,
): Promise<SharedOutcome> {
  const namespace = cluster.metadata.namespace ?? "";
  const { name } = manifest.metadata;
  const isMonitor = manifest.kind === resources.serviceMonitors.kind;
  if (isMonitor && io.monitors.isKindAbsent) {
    return isWanted ? { kind: "kind_absent" } : { kind: "applied", wrote: false };
  }
  const live = isMonitor
    ? ownedOrTaken(await io.monitors.read(namespace, name, isWanted, signal), cluster)
    : await seenOrRead(manifest, isWanted, cluster, io, signal);
  if (!isWanted) {
    if (live.kind !== "ours") return { kind: "applied", wrote: false };
    await io.client.delete(objectPath(resourceOf(manifest), namespace, name), signal);
    if (isMonitor) io.monitors.keep(namespace, name, undefined);
    return { kind: "applied", wrote: true };
  }
  if (live.kind === "taken") {
    if (isMonitor) io.monitors.forget(namespace, name);
    return { kind: "taken", childKind: manifest.kind, childName: name };
  }
  try {
    const options = {
      clusterKey: keyOf(cluster),
      namespace,
      live: live.kind === "ours" ? live.object : undefined,
      unlessChanged: false,
    };
    const written = await io.writer.write(manifest, options, signal);
    if (isMonitor && written !== undefined) io.monitors.keep(namespace, name, written);
    return { kind: "applied", wrote: written !== undefined };
  } catch (error) {
    if (isMonitor) io.monitors.forget(namespace, name);
    if (!isMonitor || !isKubeError(error, 404)) throw error;
    io.monitors.kindIsAbsent();
    return { kind: "kind_absent" };
  }
}

const ownedOrTaken = (object: KubeObject | undefined, cluster: KubeObject): LiveChild => {
  if (object === undefined) return { kind: "absent" };
  return isOwnedBy(object, cluster.metadata.uid) ? { kind: "ours", object } : { kind: "taken" };
};

/** One that is not wanted is only looked for where it costs nothing: those we made carry our labels. */
async function seenOrRead(
  manifest: Manifest,
  isWanted: boolean,
  cluster: KubeObject,
  io: SharedIo,
  signal: AbortSignal,
): Promise<LiveChild> {
  if (isWanted) return await liveChild(manifest, cluster, io, signal);
  const key = `${cluster.metadata.namespace ?? ""}/${manifest.metadata.name}`;
  return ownedOrTaken(io.caches.get("networkPolicies", key), cluster);
}
