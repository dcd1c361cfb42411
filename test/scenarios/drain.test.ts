import { Agent, request } from "undici";
import { expect, test } from "vitest";
import { until } from "../devnet/until.ts";
import { bearer, call, get } from "./http-calls.ts";
import { startWorld, type World } from "./world.ts";

/** One kept-alive connection of op-node's: a call, and whether the proxy lets the connection go. */
async function keptAlive(world: World) {
  const agent = new Agent({ connections: 1, pipelining: 1, keepAliveTimeout: 60_000 });
  const authorization = await bearer(world.executionClient.jwtSecret);
  return {
    call: async (body: string) => {
      const answer = await request(world.urls.engine, {
        method: "POST",
        headers: { authorization },
        body,
        dispatcher: agent,
      });
      return { answer: (await answer.body.json()) as object, connection: answer.headers.connection };
    },
    [Symbol.asyncDispose]: () => agent.destroy(),
  };
}

const isOpen = (url: string): Promise<boolean> =>
  get(`${url}/livez`).then(
    () => true,
    () => false,
  );

test.concurrent("while it drains it is not ready, and still answers every call; getPayload's reply lets the connection go", async () => {
  await using world = await startWorld({ drainSeconds: 1 });
  await using opNode = await keptAlive(world);
  await world.builderBlock();
  const drained = world.drain();
  expect((await get(`${world.urls.admin}/readyz`)).status).toBe(503);
  expect((await get(`${world.urls.admin}/healthz`)).status).toBe(200);
  expect(await world.status()).toMatchObject({ ready: false, draining: true });
  expect((await opNode.call(call("eth_chainId"))).connection).not.toBe("close");
  const started = await world.opNode.startBlock();
  const payload = await opNode.call(call("engine_getPayloadV4", [started.payloadId]));
  expect([payload.connection, Object.keys(payload.answer)]).toEqual(["close", ["jsonrpc", "id", "result"]]);
  const attributes = { prevRandao: started.parent.hash };
  expect((await world.opNode.buildBlock({ attributes })).builtBy).toBe("rbuilder");
  await drained;
  expect(await isOpen(world.urls.engine)).toBe(false);
});

test.concurrent("it does not close between the FCU and getPayload: the builder's block is not lost", async () => {
  await using world = await startWorld({ drainSeconds: 0 });
  const started = await world.opNode.startBlock();
  let open = true;
  const drained = world.drain().then(() => {
    open = false;
  });
  await until("the drain", async () => (await world.status()).draining || undefined);
  expect((await world.opNode.sealBlock(started)).builtBy).toBe("rbuilder");
  await drained;
  expect(open).toBe(false);
});

test.concurrent("an FCU that is under way when the drain ends counts: its block is fetched here too", async () => {
  await using world = await startWorld({ drainSeconds: 0 });
  await world.builderBlock();
  world.executionClient.fault("engine_forkchoiceUpdated*", { delayMs: 300, when: ({ params }) => params[1] !== null });
  const starting = world.opNode.startBlock();
  await until(
    "the FCU",
    () => world.executionClient.calls("engine_forkchoiceUpdatedV3").at(-1)?.params[1] ?? undefined,
  );
  const drained = world.drain();
  expect((await world.opNode.sealBlock(await starting)).builtBy).toBe("rbuilder");
  await drained;
});

test.concurrent("a job that nobody fetches holds it for two blocks, not for ever", async () => {
  await using world = await startWorld({ drainSeconds: 0, timing: { blockTimeMs: 100 } });
  await world.opNode.startBlock();
  await world.drain();
  expect(await isOpen(world.urls.admin)).toBe(false);
});

test.concurrent("a call that hangs at the execution client does not hold the process: it is answered with an error", async () => {
  await using world = await startWorld({ drainSeconds: 0 });
  await using opNode = await keptAlive(world);
  world.executionClient.fault("eth_getProof", { hang: true });
  const hung = opNode.call(call("eth_getProof", [], 5));
  await until("the call", () => world.executionClient.calls("eth_getProof").length || undefined);
  const startedMs = performance.now();
  await world.drain();
  expect(performance.now() - startedMs).toBeLessThan(8_000);
  expect((await hung).answer).toMatchObject({ id: 5, error: { code: -32_603 } });
});

test.concurrent("a call that ends after the drain lets its connection go: op-node would keep it for 90 s (E-1)", async () => {
  await using world = await startWorld({ drainSeconds: 0 });
  await using opNode = await keptAlive(world);
  world.executionClient.fault("eth_getProof", { delayMs: 200 });
  const slow = opNode.call(call("eth_getProof", [], 5));
  await until("the call", () => world.executionClient.calls("eth_getProof").length || undefined);
  const startedMs = performance.now();
  await world.drain();
  expect(performance.now() - startedMs).toBeLessThan(2_500);
  expect((await slow).answer).toMatchObject({ id: 5, error: { code: -32_601 } });
});
