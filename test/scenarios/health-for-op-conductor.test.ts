import { expect, test } from "vitest";
import { until } from "../devnet/until.ts";
import { call, get, post } from "./http-calls.ts";
import { startWorld, type World } from "./world.ts";

const PORTS = ["engine", "rpc", "admin"] as const;

/** As op-conductor puts them together: its `execution.rpc` and `/healthz`, the first with or without a slash at its end. */
const PATHS = ["/healthz", "//healthz", "/healthz/", "///healthz//"];

const said = async (world: World, path: string) =>
  Promise.all(
    PORTS.map(async (port) => {
      const { status, text } = await get(`${world.urls[port]}${path}`);
      return { status, text };
    }),
  );

const unusable = (world: World) =>
  until("503", async () => (await get(`${world.urls.rpc}/healthz`)).status === 503 || undefined);

test.concurrent("rollup-boost.enabled: 200 and 503 as rollup-boost answers them, on every port, whatever slashes (engine contract 1.4)", async () => {
  await using world = await startWorld();
  for (const path of PATHS) expect(await said(world, path)).toEqual(PORTS.map(() => ({ status: 200, text: "OK" })));
  await world.executionClient.stop();
  await unusable(world);
  for (const path of PATHS) {
    expect(await said(world, path)).toEqual(PORTS.map(() => ({ status: 503, text: "Service Unavailable" })));
  }
});

test.concurrent("rollup-boost.next-enabled: always 200 and JSON that names the state (engine contract 1.4)", async () => {
  await using world = await startWorld();
  const health = async () =>
    Promise.all(
      PORTS.flatMap((port) =>
        ["/healthz/json", "//healthz/json/", "/healthz/json?x=1"].map(async (path) => {
          const { status, headers, json } = await post(`${world.urls[port]}${path}`, undefined, {}, "GET");
          expect([status, headers["content-type"]]).toEqual([200, "application/json; charset=utf-8"]);
          return json();
        }),
      ),
    );
  const all = (state: string) => Array(9).fill({ version: expect.any(String), rollup_boost_health: state });
  expect(await health()).toEqual(all("Healthy"));
  await world.executionClient.stop();
  await unusable(world);
  expect(await health()).toEqual(all("ServiceUnavailable"));
});

test.concurrent("all builders down, invalid or shut off: still 200, so leadership does not move for them (F-9, C-11, C-12)", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  const ok = PORTS.map(() => ({ status: 200, text: "OK" }));
  world.builder.fault("engine_getPayload*", { body: "not json" });
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
  expect(await said(world, "/healthz")).toEqual(ok);
  await world.builder.stop();
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
  expect(await said(world, "/healthz")).toEqual(ok);
  await world.push({ executionMode: "disabled" });
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
  expect(await said(world, "/healthz")).toEqual(ok);
});

test.concurrent("/healthz waits for nothing remote: execution client and builder hang, 2,000 calls are under way (F-10)", async () => {
  await using world = await startWorld();
  await world.opNode.buildBlock();
  world.builder.fault("*", { hang: true });
  world.executionClient.fault("*", { hang: true });
  const calls = Array.from({ length: 2_000 }, (_, index) =>
    index % 2 === 0
      ? world.engine(call("engine_getPayloadV4", [`0x03${index}`])).catch(() => undefined)
      : post(world.urls.rpc, call("eth_getBlockByNumber", ["latest", false])).catch(() => undefined),
  );
  await until("calls to hang", () => world.executionClient.calls().length >= 64 || undefined);
  for (let count = 0; count < 20; count += 1) {
    for (const port of PORTS) expect([200, 503]).toContain((await get(`${world.urls[port]}/healthz`)).status);
  }
  expect((await get(`${world.urls.admin}/livez`)).status).toBe(200);
  expect(await world.status()).toMatchObject({ ready: true });
  await world.executionClient.stop();
  await Promise.all(calls);
});
