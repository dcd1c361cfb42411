import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Metrics } from "./metrics.ts";
import type { WatchActivity } from "./watch-activity.ts";

export type HealthServerOptions = {
  /** 0: a free one. */
  readonly port: number;
};

export type HealthServer = {
  readonly port: number;
  close(): Promise<void>;
};

/**
 * Serves `/livez` (503: only a restart helps), `/readyz` (503: what is watched has not been listed yet; a replica that
 * stands by is ready) and `/metrics` on all addresses. Rejects when the port is taken.
 */
export async function startHealthServer(
  { port }: HealthServerOptions,
  { activity, metrics }: { readonly activity: WatchActivity; readonly metrics: Metrics },
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    switch (request.url?.split("?")[0]) {
      case "/livez":
        return verdict(response, "stuck", activity.stuck());
      case "/readyz":
        return verdict(response, "not listed yet", activity.notSynced());
      case "/metrics":
        return void metrics.registry.metrics().then((text) => {
          response.writeHead(200, { "content-type": metrics.registry.contentType }).end(text);
        });
      default:
        response.writeHead(404).end("there are /livez, /readyz and /metrics\n");
    }
  });
  await once(server.listen(port), "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = once(server.close(), "close");
      server.closeAllConnections();
      await closed;
    },
  };
}

function verdict(response: ServerResponse, problem: string, watches: readonly string[]): void {
  if (watches.length === 0) response.writeHead(200).end("ok\n");
  else response.writeHead(503).end(`${problem}: ${watches.join(", ")}\n`);
}
