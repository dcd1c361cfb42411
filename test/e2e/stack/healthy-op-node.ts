import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { z } from "zod";

const Call = z.object({ id: z.unknown(), method: z.string() });

/** An op-node that is always synced, has peers and does not sequence: what op-conductor's other checks ask, and no more. */
export async function startHealthyOpNode(port: number): Promise<AsyncDisposable> {
  const server = createServer(async (request, response) => {
    const body: unknown = JSON.parse(await text(request));
    const answers = (Array.isArray(body) ? body : [body]).map((call) => answer(Call.parse(call)));
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(Array.isArray(body) ? answers : answers[0]));
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const answer = ({ id, method }: z.infer<typeof Call>) => ({ jsonrpc: "2.0", id, result: RESULTS[method]?.() ?? null });

const RESULTS: Readonly<Record<string, () => unknown>> = {
  admin_conductorEnabled: () => true,
  admin_sequencerActive: () => false,
  opp2p_peerStats: () => ({ connected: 3, table: 3, banned: 0, known: 3 }),
  optimism_syncStatus: () => {
    const l1 = { hash: hash("33"), number: 1, parentHash: hash("22"), timestamp: nowS() };
    const l2 = {
      hash: hash("11"),
      number: 5,
      parentHash: hash("22"),
      timestamp: nowS(),
      l1origin: { hash: l1.hash, number: 1 },
      sequenceNumber: 0,
    };
    return { current_l1: l1, head_l1: l1, safe_l1: l1, finalized_l1: l1, unsafe_l2: l2, safe_l2: l2, finalized_l2: l2 };
  },
};

const hash = (byte: string): string => `0x${byte.repeat(32)}`;

const nowS = (): number => Math.floor(Date.now() / 1000);
