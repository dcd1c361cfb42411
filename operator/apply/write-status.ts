import { isDeepStrictEqual } from "node:util";
import type { ClusterStatus } from "../api/cluster-status.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { isKubeError } from "../kubernetes/kube-error.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { objectPath, resources } from "../kubernetes/resources.ts";

/** A manager of its own, so that what owns the children's fields never owns the status and the other way round. */
const STATUS_FIELD_MANAGER = "rollup-boost-operator-status";

/** Writes the whole status, only when it differs. A cluster that has gone in the meantime is none of our business. */
export async function writeStatus(
  client: KubeClient,
  cluster: KubeObject,
  status: ClusterStatus,
  signal: AbortSignal,
): Promise<void> {
  const wanted: unknown = JSON.parse(JSON.stringify(status));
  if (isDeepStrictEqual(wanted, cluster.status)) return;
  const { name, namespace = "", uid } = cluster.metadata;
  const { apiVersion, kind } = resources.clusters;
  try {
    await client.apply(
      `${objectPath(resources.clusters, namespace, name)}/status`,
      { apiVersion, kind, metadata: { name, namespace, uid }, status: wanted },
      { fieldManager: STATUS_FIELD_MANAGER, force: true },
      signal,
    );
  } catch (error) {
    if (!isKubeError(error, 404)) throw error;
  }
}
