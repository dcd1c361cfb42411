import { request } from "undici";
import { Connection, loadKubeConfig } from "../../../operator/kubernetes/connection.ts";

/** Requests the API server has answered so far, whoever asked; a watch counts when it ends. */
export async function apiRequests(kubeconfig: string): Promise<number> {
  const connection = new Connection(() => loadKubeConfig(kubeconfig));
  try {
    const { url, headers, dispatcher } = await connection.authenticate("/metrics");
    const { body } = await request(url, { headers, dispatcher });
    const text = await body.text();
    return [...text.matchAll(/^apiserver_request_total\{.*\} (\S+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
  } finally {
    await connection.close();
  }
}
