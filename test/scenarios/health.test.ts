import { expect, test } from "vitest";
import { until } from "../devnet/until.ts";
import { call, get } from "./http-calls.ts";
import { startWorld, type World } from "./world.ts";

const statusOf = async (world: World, path: string): Promise<readonly number[]> =>
  Promise.all(
    [world.urls.engine, world.urls.rpc, world.urls.admin].map(async (url) => (await get(`${url}${path}`)).status),
  );

const ALL_200 = [200, 200, 200];
const ALL_503 = [503, 503, 503];

const becomes = (world: World, path: string, expected: readonly number[]) =>
  until(`${path} ${expected[0]}`, async () => {
    const statuses = await statusOf(world, path);
    return statuses.every((status, index) => status === expected[index]) || undefined;
  });

test.concurrent("listens with the execution client down (E-5); 503 on /healthz only after 2 s; ready once it has answered", async () => {
  const startedMs = performance.now();
  await using world = await startWorld({ executionClientDown: true });
  const first = await statusOf(world, "/healthz");
  if (performance.now() - startedMs < 2_000) expect(first).toEqual(ALL_200);
  expect(await statusOf(world, "/livez")).toEqual(ALL_200);
  expect(await statusOf(world, "/readyz")).toEqual(ALL_503);
  expect((await world.engine(call("eth_chainId"))).json()).toMatchObject({ error: { code: -32_603 } });
  await becomes(world, "/healthz", ALL_503);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(2_000);
  const status = await world.status();
  // After ten seconds it is ready in any case, and a busy machine may need them.
  if (performance.now() - startedMs < 10_000) expect(status.ready).toBe(false);
  expect(status).toMatchObject({
    executionClient: { usable: false, reason: "the execution client cannot be reached: ECONNREFUSED" },
  });
  await world.executionClient?.start();
  await becomes(world, "/healthz", ALL_200);
  await becomes(world, "/readyz", ALL_200);
  expect((await world.opNode.buildBlock()).builtBy).toBe("rbuilder");
});

test.concurrent("an outage of the execution client: /healthz 503, /readyz stays (it must not empty the Service), and back", async () => {
  await using world = await startWorld();
  await world.opNode.buildBlock();
  expect(await statusOf(world, "/readyz")).toEqual(ALL_200);
  await world.executionClient?.stop();
  await becomes(world, "/healthz", ALL_503);
  expect(await statusOf(world, "/readyz")).toEqual(ALL_200);
  expect(await statusOf(world, "/livez")).toEqual(ALL_200);
  await world.executionClient?.start();
  await becomes(world, "/healthz", ALL_200);
  expect((await world.status()).executionClient).toMatchObject({ usable: true });
});

test.concurrent("an execution client that hangs is unusable too", async () => {
  await using world = await startWorld();
  await world.opNode.buildBlock();
  world.executionClient?.fault("*", { hang: true });
  await becomes(world, "/healthz", ALL_503);
  expect((await world.status()).executionClient?.reason).toBe("the execution client does not answer in time");
  world.executionClient?.heal();
  await becomes(world, "/healthz", ALL_200);
});

test.concurrent("eth_* calls that hang, however many, do not make the execution client look unusable (C-11)", async () => {
  await using world = await startWorld();
  await world.opNode.buildBlock();
  world.executionClient?.fault("eth_getProof", { hang: true });
  const hung = Promise.all(Array.from({ length: 80 }, () => world.engine(call("eth_getProof"))));
  await until("the calls", () => world.executionClient?.calls("eth_getProof").length >= 64 || undefined);
  world.executionClient?.forgetCalls();
  await until("five looks", () => world.executionClient?.calls("eth_chainId").length >= 5 || undefined);
  expect(await statusOf(world, "/healthz")).toEqual(ALL_200);
  expect((await world.opNode.buildBlock()).builtBy).toBe("rbuilder");
  await world.executionClient?.stop();
  await hung;
});
