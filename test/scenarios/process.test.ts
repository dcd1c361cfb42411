import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { until } from "../devnet/until.ts";
import { bearer, call, get, post } from "./http-calls.ts";
import { argumentsFor, listening, spawnProxy } from "./proxy-process.ts";
import { startWorld } from "./world.ts";

test("--help and --version say it on standard output and exit with 0", async () => {
  const [help, version] = [spawnProxy(["--help"]), spawnProxy(["--version"])];
  expect(await help.ended).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining("--state-dir DIR") });
  expect(await version.ended).toMatchObject({
    code: 0,
    stderr: "",
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
  });
});

test("wrong arguments: every problem at once on standard error, exit code 2", async () => {
  const { code, stdout, stderr } = await spawnProxy(["--engine-port=x", "--log-level=loud"]).ended;
  expect([code, stdout]).toEqual([2, ""]);
  for (const problem of [
    "--config is missing: the file of",
    "--secrets-dir is missing: the folder of",
    "--state-dir is missing: a folder",
    "--engine-port:",
    "--log-level:",
    "--help",
  ]) {
    expect(stderr).toContain(problem);
  }
});

test("a bad config document: every problem with path, found and allowed, exit code 2; no secret is echoed", async () => {
  await using world = await startWorld();
  const bad = {
    ...world.config(),
    revision: -1,
    role: "router",
    executionClient: { url: "http://me:hunter2@el", rpcUrl: "el", jwtSecretFile: "a/b" },
  };
  await writeFile(join(world.dir, "mounted.json"), JSON.stringify(bad));
  const { code, stderr } = await spawnProxy(argumentsFor(world.dir)).ended;
  expect(code).toBe(2);
  expect(stderr.split("\n").slice(1, -1)).toEqual([
    "  revision: found -1, allowed: 0 or more",
    '  role: found "router", allowed: "sequencer" or "balancer"',
    '  executionClient.url: found "http://***@el", allowed: a URL without user name and password',
    '  executionClient.rpcUrl: found "el", allowed: an http:// or https:// URL',
    `  executionClient.jwtSecretFile: found "a/b", allowed: a file name in the secrets folder, without '/'`,
  ]);
  await writeFile(join(world.dir, "mounted.json"), '{"schemaVersion":1,');
  expect(await spawnProxy(argumentsFor(world.dir)).ended).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("mounted.json: not JSON"),
  });
});

test("a port that is taken: the address and the option are named, exit code 1", async () => {
  await using world = await startWorld();
  const { port } = new URL(world.urls.rpc);
  const { code, stderr } = await spawnProxy([...argumentsFor(world.dir), `--admin-port=${port}`]).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(
    new RegExp(`cannot start: .*EADDRINUSE.*127\\.0\\.0\\.1:${port}; choose another --admin-port`),
  );
});

test("a debug port that is taken: said in the log, and the proxy serves without it", async () => {
  await using world = await startWorld();
  const taken = new URL(world.urls.debug).port;
  await using proxy = spawnProxy([...argumentsFor(world.dir), `--debug-port=${taken}`]);
  const ports = await listening(world.dir);
  world.opNode.useEngine(`http://127.0.0.1:${ports.engine}`);
  await world.opNode.buildBlock();
  proxy.signal("SIGKILL");
  const { stdout } = await proxy.ended;
  expect([ports, stdout]).toEqual([
    expect.not.objectContaining({ debug: expect.anything() }),
    expect.stringMatching(/"port":\d+,"msg":"no debug port: choose another --debug-port"/),
  ]);
});

test("SIGTERM: not ready, still answering, then exit code 0; one JSON line a block on standard output", async () => {
  await using world = await startWorld();
  await using proxy = spawnProxy([...argumentsFor(world.dir), "--drain-seconds=1"]);
  const ports = await listening(world.dir);
  const url = (port: number): string => `http://127.0.0.1:${port}`;
  world.opNode.useEngine(url(ports.engine));
  await until("ready", async () => (await get(`${url(ports.admin)}/readyz`)).status === 200 || undefined);
  const block = await world.opNode.buildBlock();
  proxy.signal("SIGTERM");
  await until("draining", async () => (await get(`${url(ports.admin)}/readyz`)).status === 503 || undefined);
  await world.opNode.buildBlock();
  const { code, signal, stdout, stderr } = await proxy.ended;
  expect([code, signal, stderr]).toEqual([0, null, ""]);
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly msg: string; readonly blockHash?: string });
  expect(lines.filter(({ msg }) => msg === "payload handed out").map(({ blockHash }) => blockHash)).toContain(
    block.hash,
  );
  expect(lines.map(({ msg }) => msg)).toEqual(expect.arrayContaining(["config running", "listening", "draining"]));
});

test("SIGTERM while everything hangs: exit code 0 all the same", async () => {
  await using world = await startWorld();
  world.executionClient.fault("*", { hang: true });
  world.builder.fault("*", { hang: true });
  await using proxy = spawnProxy([...argumentsFor(world.dir), "--drain-seconds=0"]);
  const { engine } = await listening(world.dir);
  const authorization = await bearer(world.executionClient.jwtSecret);
  const hung = post(`http://127.0.0.1:${engine}`, call("eth_getProof"), { authorization });
  await until("the call", () => world.executionClient.calls("eth_getProof").length || undefined);
  proxy.signal("SIGTERM");
  expect(await proxy.ended).toMatchObject({ code: 0 });
  expect((await hung).json()).toMatchObject({ error: { code: -32_603 } });
});

test("--exit-with-parent: a parent that is gone leaves no child behind", async () => {
  await using world = await startWorld();
  await using proxy = spawnProxy([...argumentsFor(world.dir), "--exit-with-parent"]);
  await listening(world.dir);
  proxy.closeInput();
  expect(await proxy.ended).toMatchObject({ code: 0 });
});

test("the ports of an earlier process are not taken for those of the new one", async () => {
  await using world = await startWorld();
  const stateDir = join(world.dir, "state-of-the-process");
  await mkdir(stateDir);
  await writeFile(join(stateDir, "listening.json"), '{"engine":1,"rpc":1,"admin":1}');
  await using proxy = spawnProxy(argumentsFor(world.dir));
  const ports = await until(
    "its own ports",
    async () => {
      const text = await readFile(join(stateDir, "listening.json"), "utf8").catch(() => undefined);
      return text === undefined || text.includes('"engine":1,')
        ? undefined
        : (JSON.parse(text) as { readonly admin: number });
    },
    25_000,
  );
  expect((await get(`http://127.0.0.1:${ports.admin}/livez`)).status).toBe(200);
  proxy.signal("SIGKILL");
  expect(await proxy.ended).toMatchObject({ signal: "SIGKILL" });
});
