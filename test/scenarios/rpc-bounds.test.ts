import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { ByteBudget } from "../../proxy/servers/byte-budget.ts";
import { rpcServer } from "../../proxy/servers/rpc-server.ts";
import { until } from "../devnet/until.ts";
import { call, get, post } from "./http-calls.ts";
import { startWorld } from "./world.ts";

const MIB = 1024 * 1024;

/** A proxy's rpc port with a smaller budget, passing to the world's execution client. */
async function smallPort(world: Awaited<ReturnType<typeof startWorld>>, bytesMax: number) {
  const budget = new ByteBudget(bytesMax);
  const executionClient = {
    plainCall: async ({ body, takeBytes }: { body: Buffer; takeBytes?: (bytes: number) => boolean }) => {
      const answer = await post(world.executionClient.rpcUrl, body);
      return takeBytes?.(answer.bytes.length) === false
        ? { kind: "unreachable" as const, detail: "too many bytes are under way" }
        : { kind: "answered" as const, status: answer.status, headers: {}, body: answer.bytes };
    },
  };
  const proxy = { wiring: () => ({ executionClient, builders: [] }) } as unknown as Parameters<
    typeof rpcServer
  >[0]["proxy"];
  const server = rpcServer({ proxy, health: { isHealthy: () => true, isReady: () => true }, budget });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  return { url, budget, [Symbol.asyncDispose]: () => server.close() };
}

/** Opens a request of so many bytes and sends all of it but its end. */
function halfRequest(url: string, bytes: number) {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {});
  socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: ${bytes + 1}\r\n\r\n`);
  socket.write(Buffer.alloc(bytes, " "));
  return { [Symbol.dispose]: () => void socket.destroy() };
}

describe("the rpc port is open to everybody, so what it holds is bounded in sum", () => {
  test("while others' bodies fill the budget a call is refused with a JSON-RPC error; then it goes again", async () => {
    await using world = await startWorld();
    await using port = await smallPort(world, 4 * MIB);
    const chainId = (): ReturnType<typeof post> => post(port.url, call("eth_chainId"));
    {
      using _ = halfRequest(port.url, 4 * MIB - 10);
      await until("the half request", () => (port.budget.held === 4 * MIB - 10 ? true : undefined));
      expect((await chainId()).status).toBe(503);
      expect((await chainId()).json()).toMatchObject({ id: null, error: { code: -32_005 } });
      expect((await get(`${port.url}/healthz`)).status).toBe(200);
    }
    await until("room again", () => (port.budget.held === 0 ? true : undefined));
    expect((await chainId()).status).toBe(200);
  });

  test("answers count too", async () => {
    await using world = await startWorld();
    world.executionClient.fault("eth_large", { body: "x".repeat(2 * MIB) });
    await using port = await smallPort(world, MIB);
    expect((await post(port.url, call("eth_large"))).status).toBe(503);
    for (let count = 0; count < 50; count += 1) {
      expect((await post(port.url, call("eth_chainId", ["x".repeat(100_000)]))).status).toBe(200);
    }
  });

  test("a compressed request that opens to more than the port takes is refused", async () => {
    await using world = await startWorld();
    const bomb = gzipSync(Buffer.alloc(64 * MIB, " "));
    const answer = await post(world.urls.rpc, bomb, { "content-encoding": "gzip" });
    expect(answer.json()).toMatchObject({ error: { code: -32_600 } });
  });
});

test("a compressed request passes untouched once it is seen to be no engine call", async () => {
  await using world = await startWorld();
  const gzipped = gzipSync(call("eth_chainId", [], 5));
  const zipped = { "content-encoding": "gzip" };
  const [passed, own] = [
    await post(world.urls.rpc, gzipped, zipped),
    await post(world.executionClient.rpcUrl, gzipped, zipped),
  ];
  expect(passed.bytes).toEqual(own.bytes);
  const hidden = gzipSync(call("engine_getPayloadV4", ["0x0300000000000000"], 5));
  const answer = await post(world.urls.rpc, hidden, { "content-encoding": "gzip" });
  expect(answer.json()).toMatchObject({ id: 5, error: { code: -32_601 } });
  expect(world.executionClient.calls("engine_getPayload*")).toEqual([]);
});
