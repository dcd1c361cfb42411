import { once } from "node:events";
import { createServer } from "node:http";

/**
 * A stub of the L1 beacon API. op-node reads no blob here, but without an answer to these three it starts 15 s late.
 * Disposing it closes the port.
 */
export async function startBeacon(
  port: number,
  l1: { readonly slotSeconds: number; readonly genesisTimeSeconds: number },
): Promise<AsyncDisposable & { readonly url: string }> {
  const answers: Readonly<Record<string, unknown>> = {
    "/eth/v1/node/version": { version: "stub/0" },
    "/eth/v1/config/spec": { SECONDS_PER_SLOT: String(l1.slotSeconds) },
    "/eth/v1/beacon/genesis": { genesis_time: String(l1.genesisTimeSeconds) },
  };
  const server = createServer((request, response) => {
    const data = answers[request.url?.split("?")[0] ?? ""];
    response.writeHead(data === undefined ? 404 : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(data === undefined ? { code: 404, message: "not found" } : { data }));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
