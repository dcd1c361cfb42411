import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
import { Connection } from "../../../operator/kubernetes/connection.ts";
import { KubeClient } from "../../../operator/kubernetes/kube-client.ts";

/** An API server whose faults a test scripts: each request is answered by a function. */
export async function fakeApiServer(answer: (request: IncomingMessage, response: ServerResponse, url: URL) => void) {
  const counts = { connections: 0 };
  const urls: URL[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://fake");
    urls.push(url);
    answer(request, response, url);
  });
  server.on("connection", () => {
    counts.connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const config = new KubeConfig();
  config.loadFromClusterAndUser(
    { name: "fake", server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, skipTLSVerify: true },
    { name: "fake", token: "token-of-the-test" },
  );
  const client = new KubeClient({ watchInactivityMs: 90_000 }, new Connection(() => config));
  return {
    client,
    counts,
    /** Of every request so far. */
    urls,
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await client.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A pod as the API server sends it. */
export const pod = (name: string, resourceVersion: string, uid = `uid-of-${name}`) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "test", uid, resourceVersion },
});

/** The answer to a list. */
export const podList = (resourceVersion: string, items: readonly object[], more: object = {}): string =>
  JSON.stringify({ apiVersion: "v1", kind: "PodList", metadata: { resourceVersion, ...more }, items });

/** One line of a watch. */
export const event = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;
