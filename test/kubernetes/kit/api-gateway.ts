import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Agent, type Dispatcher, request } from "undici";
import { z } from "zod";
import type { TestSpace } from "./test-space.ts";

const Kubeconfig = z.looseObject({
  clusters: z.tuple([
    z.object({
      name: z.string(),
      cluster: z.looseObject({ server: z.string(), "certificate-authority-data": z.string() }),
    }),
  ]),
});

/** Stands between an operator and the API server and sees what goes through. */
export type ApiGateway = AsyncDisposable & {
  /** Of a kubeconfig that leads here. */
  readonly kubeconfig: string;
  /** `PATCH /api/v1/...` of every request so far that was not a read. */
  readonly writes: readonly string[];
};

/** Starts a gateway on loopback that passes everything on as it is. */
export async function startApiGateway(space: TestSpace): Promise<ApiGateway> {
  const kubeconfig = Kubeconfig.parse(JSON.parse(await readFile(space.kubeconfig, "utf8")));
  const [{ name, cluster }] = kubeconfig.clusters;
  const ca = Buffer.from(cluster["certificate-authority-data"], "base64").toString();
  const upstream = new Agent({ connect: { ca }, allowH2: false, bodyTimeout: 0 });
  const writes: string[] = [];
  const server = createServer(async (incoming, outgoing) => {
    if (incoming.method !== "GET") writes.push(`${incoming.method} ${incoming.url}`);
    const ended = new AbortController();
    outgoing.once("close", () => ended.abort());
    try {
      const { host: _, connection: __, "transfer-encoding": ___, ...headers } = incoming.headers;
      const answer = await request(`${cluster.server}${incoming.url}`, {
        method: incoming.method as Dispatcher.HttpMethod,
        headers,
        body: incoming.method === "GET" ? null : incoming,
        dispatcher: upstream,
        signal: ended.signal,
      });
      outgoing.writeHead(answer.statusCode, answer.headers).flushHeaders();
      await pipeline(answer.body, outgoing);
    } catch {
      outgoing.destroy();
    }
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const path = join(space.folder, "gateway-kubeconfig");
  const here = { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true };
  await writeFile(path, JSON.stringify({ ...kubeconfig, clusters: [{ name, cluster: here }] }));
  return {
    kubeconfig: path,
    writes,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await upstream.destroy();
    },
  };
}
