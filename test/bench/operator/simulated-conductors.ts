import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** The op-conductors of every cluster: one server, told apart by path. */
export type SimulatedConductors = AsyncDisposable & {
  /** Of a sequencer; the first sequencer of each cluster leads. */
  readonly urlOf: (cluster: string, sequencer: string) => string;
  /** Calls answered so far. */
  readonly asked: () => number;
};

/** Listens on a free loopback port. `leader` is the name of the sequencer that leads in every cluster. */
export async function simulatedConductors(leader: string): Promise<SimulatedConductors> {
  let asked = 0;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    asked += 1;
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    const leads = request.url?.endsWith(`/${leader}`) ?? false;
    const answers = (Array.isArray(body) ? body : [body]).map(
      (call: { readonly id: unknown; readonly method: string }) => ({
        jsonrpc: "2.0",
        id: call.id,
        result: call.method === "conductor_leader" ? leads : { id: leader, addr: "", suffrage: 0 },
      }),
    );
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
  });
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    urlOf: (cluster, sequencer) => `http://127.0.0.1:${port}/${cluster}/${sequencer}`,
    asked: () => asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
