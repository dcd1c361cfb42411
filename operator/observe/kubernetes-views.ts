import { isIPv6 } from "node:net";
import { z } from "zod";
import { ConfigFile } from "../../proxy/contract/config-file.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { CONFIG_KEY } from "../plan/manifests/config-map.ts";
import { PROXY_PORTS } from "../plan/manifests/deployment.ts";

const Conditions = z.array(z.object({ type: z.string(), status: z.string() })).optional();
const PodView = z.object({
  status: z.object({ podIP: z.string().optional(), phase: z.string().optional(), conditions: Conditions }).optional(),
});
const DeploymentView = z.object({ status: z.object({ conditions: Conditions }).optional() });
const ConfigMapView = z.object({ data: z.record(z.string(), z.string()).optional() });

/** A pod that has an address: where its proxy is asked, and whether it serves. Undefined: nothing runs there. */
export function podViewOf(
  pod: KubeObject,
): { readonly name: string; readonly adminUrl: string; readonly ready: boolean } | undefined {
  const status = PodView.safeParse(pod).data?.status;
  if (status?.podIP === undefined || status.phase === "Succeeded" || status.phase === "Failed") return undefined;
  const host = isIPv6(status.podIP) ? `[${status.podIP}]` : status.podIP;
  return {
    name: pod.metadata.name,
    adminUrl: `http://${host}:${PROXY_PORTS.admin}`,
    ready: isTrue(status.conditions, "Ready"),
  };
}

/** Whether the Deployment has a pod that serves. */
export const isAvailable = (deployment: KubeObject | undefined): boolean =>
  isTrue(DeploymentView.safeParse(deployment).data?.status?.conditions, "Available");

/** The config document a ConfigMap holds; undefined: none that can be read, so a new one is written. */
export function writtenConfigOf(configMap: KubeObject | undefined): ConfigFile | undefined {
  const text = ConfigMapView.safeParse(configMap).data?.data?.[CONFIG_KEY];
  if (text === undefined) return undefined;
  try {
    return ConfigFile.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

const isTrue = (conditions: z.infer<typeof Conditions>, type: string): boolean =>
  conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
