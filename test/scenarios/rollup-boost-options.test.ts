import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { until } from "../devnet/until.ts";
import { call, get, post } from "./http-calls.ts";
import { listening, spawnProxy } from "./proxy-process.ts";
import { startWorld } from "./world.ts";

test("rollup-boost's documented command line makes builder blocks, and its one port serves everybody it served", async () => {
  await using world = await startWorld();
  const stateDir = join(world.dir, "of-rollup-boost");
  await using proxy = spawnProxy([
    `--l2-url=${world.executionClient.engineUrl}`,
    `--l2-jwt-path=${join(world.dir, "execution-client.jwt")}`,
    `--builder-url=${world.builder.engineUrl}`,
    `--builder-jwt-path=${join(world.dir, "builder-rbuilder.jwt")}`,
    "--builder-timeout=3000",
    "--rpc-host=127.0.0.1",
    "--rpc-port=0",
    "--debug-server-port=0",
    "--metrics",
    "--metrics-port=0",
    "--log-level=info",
    `--state-dir=${stateDir}`,
  ]);
  const ports = await listening(world.dir, "of-rollup-boost");
  expect(Object.keys(ports)).toEqual(["engine", "admin", "debug"]);
  const url = `http://127.0.0.1:${ports.engine}`;
  world.opNode.useEngine(url);
  expect((await world.builderBlock()).builtBy).toBe("rbuilder");

  expect((await get(`${url}/healthz`)).status).toBe(200);
  expect((await post(url, call("eth_chainId"))).json()).toMatchObject({ result: "0x385" });
  expect((await post(url, call("miner_setMaxDASize", ["0x1", "0x1"]))).json()).toMatchObject({ result: true });
  await until("the builder to hear of it", () => world.builder.calls("miner_setMaxDASize").at(0));
  expect((await post(url, call("engine_getPayloadV4", ["0x0300000000000000"]))).json()).toMatchObject({
    error: { code: -32_601 },
  });
  expect((await get(`http://127.0.0.1:${ports.admin}/metrics`)).text).toContain("rollup_boost_blocks_total");
  proxy.signal("SIGKILL");
});

test("by environment variables, with tokens: they are written nowhere, and a restart finds the folder of the port", async () => {
  await using world = await startWorld();
  const temporary = await mkdtemp(join(world.dir, "temporary-"));
  const tokens = [world.executionClient.jwtSecret, world.builder.jwtSecret] as const;
  const env = {
    TMPDIR: temporary,
    L2_URL: world.executionClient.engineUrl,
    L2_JWT_TOKEN: tokens[0],
    BUILDER_URL: world.builder.engineUrl,
    BUILDER_JWT_TOKEN: tokens[1],
    BUILDER_TIMEOUT: "3000",
    RPC_PORT: "0",
    DEBUG_SERVER_PORT: "0",
    LOG_LEVEL: "trace",
  };
  const folder = "rollup-boost-proxy-0";
  for (const _ of ["first", "again"]) {
    await using proxy = spawnProxy(["--drain-seconds=0"], env);
    const { engine } = await listening(temporary, folder);
    world.opNode.useEngine(`http://127.0.0.1:${engine}`);
    expect((await world.builderBlock()).builtBy).toBe("rbuilder");
    proxy.signal("SIGTERM");
    const { code, stdout, stderr } = await proxy.ended;
    expect(code).toBe(0);
    for (const token of tokens) expect(stdout + stderr).not.toContain(token);
    await rm(join(temporary, folder, "listening.json"));
  }
  for (const file of await readdir(join(temporary, folder))) {
    const text = await readFile(join(temporary, folder, file), "utf8");
    for (const token of tokens) expect(text).not.toContain(token);
  }
});

test("a config document that another user planted in the folder of the port is not run: the proxy ends, and names --state-dir", async () => {
  await using world = await startWorld();
  const folder = join(world.dir, "rollup-boost-proxy-0");
  await mkdir(folder);
  await chmod(folder, 0o777);
  await writeFile(join(folder, "config.json"), JSON.stringify({ ...world.config(), revision: 1_000 }));
  const args = [
    "--l2-jwt-path=/l2",
    "--builder-jwt-path=/b",
    "--rpc-port=0",
    "--debug-server-port=0",
    "--exit-with-parent",
  ];
  await using proxy = spawnProxy(args, { TMPDIR: world.dir });
  const { code, stdout, stderr } = await proxy.ended;
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(`${folder} can be written to by other users: name a folder of your own with --state-dir`);
});

test("what this proxy has not: every option with what to do instead, exit code 2", async () => {
  const { code, stderr } = await spawnProxy(["--flashblocks", "--tracing", "--external-state-root"]).ended;
  expect(code).toBe(2);
  for (const text of [
    "--flashblocks: no flashblocks",
    "--tracing: no traces",
    "--external-state-root: a builder's",
    "--l2-jwt-path",
  ]) {
    expect(stderr).toContain(text);
  }
});
