import { GROUP } from "../api/names.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { isKubeError } from "../kubernetes/kube-error.ts";
import { type KubeObject, keyOf } from "../kubernetes/kube-object.ts";
import { objectPath, resources } from "../kubernetes/resources.ts";

/** Annotation of a proxy pod: the resourceVersion of the owned Secret that its kubelet was last told to mount. */
const MOUNTED_SECRET_ANNOTATION = `${GROUP}/mounted-secret`;

/**
 * Makes the kubelets mount the Secret as it is now: they look at a pod's volumes about once a minute, and at once when an
 * annotation of the pod changes. No pod is restarted by it. True: a pod was told.
 */
export async function refreshMounts(
  pods: readonly KubeObject[],
  secret: KubeObject,
  client: KubeClient,
  signal: AbortSignal,
): Promise<boolean> {
  const version = secret.metadata.resourceVersion;
  const behind = pods.filter(({ metadata }) => metadata.annotations?.[MOUNTED_SECRET_ANNOTATION] !== version);
  await Promise.all(behind.map((pod) => annotate(pod, version, client, signal)));
  return behind.length > 0;
}

async function annotate(pod: KubeObject, version: string, client: KubeClient, signal: AbortSignal): Promise<void> {
  const { name, uid, namespace = "" } = pod.metadata;
  try {
    // With the uid, a pod that was replaced under this name in the meantime is refused.
    const metadata = { uid, annotations: { [MOUNTED_SECRET_ANNOTATION]: version } };
    await client.mergePatch(objectPath(resources.pods, namespace, name), { metadata }, signal);
  } catch (error) {
    const hasGone = isKubeError(error, 404) || isKubeError(error, 409);
    if (!hasGone) throw new Error(`pod ${keyOf(pod)} cannot be annotated to mount its new secrets`, { cause: error });
  }
}
