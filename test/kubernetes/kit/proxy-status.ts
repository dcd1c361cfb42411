import { request } from "undici";
import { ProxyStatus } from "../../../proxy/contract/status.ts";
import type { RunningPod } from "./running-pod.ts";

/** What the proxy in a pod says of itself. */
export async function statusOf({ adminUrl }: Pick<RunningPod, "adminUrl">): Promise<ProxyStatus> {
  const { body } = await request(`${adminUrl}/status`);
  return ProxyStatus.parse(await body.json());
}
