import { createServer } from "node:http";
import type { KubeObject } from "../../../operator/kubernetes/kube-object.ts";
import { objectPath, resources } from "../../../operator/kubernetes/resources.ts";
import { PROXY_PORTS } from "../../../operator/plan/manifests/deployment.ts";
import type { ConfigFile } from "../../../proxy/contract/config-file.ts";
import { proxyStatus } from "../../unit/operator/kit/observed.ts";
import type { TestSpace } from "./test-space.ts";

/** A pod whose proxy is of the schema version before: it reports that, and refuses every document of ours. */
export type OutdatedProxy = AsyncDisposable & {
  /** Documents it refused. */
  readonly refusals: () => number;
};

const IP = "127.250.250.1";
const REVISION = 0;

/** Serves the admin port of a pod that no kubelet runs, and shows the pod as ready. */
export async function startOutdatedProxy(
  space: TestSpace,
  pod: KubeObject,
  document: ConfigFile,
): Promise<OutdatedProxy> {
  let refusals = 0;
  const server = createServer((request, response) => {
    request.resume().on("end", () => {
      response.setHeader("content-type", "application/json");
      if (request.method === "GET") {
        response.end(JSON.stringify(proxyStatus({ ...document, revision: REVISION }, { schemaVersion: 0 })));
        return;
      }
      refusals += 1;
      const problems = [{ path: "schemaVersion", found: "1", allowed: "0" }];
      response.statusCode = 400;
      response.end(JSON.stringify({ outcome: "refused", revision: REVISION, problems, unknownFields: [] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(PROXY_PORTS.admin, IP, resolve));
  const conditions = ["Ready", "ContainersReady"].map((type) => ({ type, status: "True" }));
  const status = { phase: "Running", podIP: IP, podIPs: [{ ip: IP }], conditions };
  await space.client.mergePatch(`${objectPath(resources.pods, space.namespace, pod.metadata.name)}/status`, { status });
  return {
    refusals: () => refusals,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
