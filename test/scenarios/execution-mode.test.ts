import { expect, test } from "vitest";
import { until } from "../devnet/until.ts";
import { call, post } from "./http-calls.ts";
import { jobsWaiting, randao } from "./jobs-waiting.ts";
import { setMode } from "./set-mode.ts";
import { startWorld } from "./world.ts";

const shutOff = { mode: "disabled", who: "alice", why: "bad blocks" };

test.concurrent("the admin's hand shuts off on the next getPayload, also of a job that has started; nothing reaches the builder", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  const started = await world.opNode.startBlock();
  expect(await setMode(world, shutOff)).toEqual({
    status: 200,
    body: { effective: "disabled", config: "enabled", admin: { ...shutOff, when: expect.stringMatching(/^\d{4}-/) } },
  });
  world.builder.forgetCalls();
  expect((await world.opNode.insertBlock(await world.opNode.sealBlock(started))).builtBy).toBe("op-geth");
  expect(await world.lastDecision()).toMatchObject({ fallbackReason: "disabled" });
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
  expect(world.builder.calls()).toEqual([]);
});

test.concurrent("who, when and why are shown in /status and survive a restart; opened, the builder's blocks are used again", async () => {
  await using world = await startWorld();
  world.builder.peerWith(world.executionClient);
  await setMode(world, shutOff);
  const held = { executionMode: "disabled", executionModeHands: { config: "enabled", admin: shutOff } };
  const before = await world.status();
  expect(before).toMatchObject(held);
  await world.restartProxy();
  const after = await until("it to answer again", () => world.status().catch(() => undefined));
  expect(after.executionModeHands).toEqual(before.executionModeHands);
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
  expect(world.builder.calls()).toEqual([]);
  expect(await setMode(world, { mode: "enabled", who: "bob" })).toMatchObject({ body: { effective: "enabled" } });
  await world.builderBlock();
});

test.concurrent("the stricter hand wins and each opens only its own", async () => {
  await using world = await startWorld();
  const effective = async () => (await world.status()).executionMode;
  await world.push({ executionMode: "dry_run" });
  await setMode(world, { mode: "enabled" });
  expect(await effective()).toBe("dry_run");
  await setMode(world, { mode: "disabled" });
  expect(await effective()).toBe("disabled");
  await world.push({ executionMode: "enabled" });
  expect(await effective()).toBe("disabled");
  await setMode(world, { mode: "enabled" });
  expect(await effective()).toBe("enabled");
});

test.concurrent("PUT /execution-mode needs the token, and a bad body is told every problem and changes nothing", async () => {
  await using world = await startWorld();
  const url = `${world.urls.admin}/execution-mode`;
  for (const authorization of [undefined, "Bearer wrong", world.adminToken]) {
    const headers = authorization === undefined ? {} : { authorization };
    expect((await post(url, JSON.stringify(shutOff), headers, "PUT")).status).toBe(401);
  }
  const bad = [
    ["", [""]],
    ["{", [""]],
    ["[]", [""]],
    ['"disabled"', [""]],
    ["{}", ["mode"]],
    ['{"mode":"off","who":7,"why":[]}', ["mode", "who", "why"]],
    [" ".repeat(1024 * 1024 + 1), [""]],
  ] as const;
  for (const [body, paths] of bad) {
    const answer = await setMode(world, body);
    expect([answer.status, answer.body]).toEqual([
      body.length > 1_000 ? 413 : 400,
      { problems: paths.map((path) => expect.objectContaining({ path })) },
    ]);
  }
  expect((await world.status()).executionModeHands).toEqual({ config: "enabled" });
});

test.concurrent("calls that wait for a builder that hangs are not sent once the admin has shut off, nor when it opens again", async () => {
  await using world = await startWorld();
  const lift = await jobsWaiting(world);
  await setMode(world, shutOff);
  lift();
  await setMode(world, { mode: "enabled" });
  await world.opNode.startBlock({ attributes: { prevRandao: randao("02") } });
  const jobs = await until("the job after the release", () => {
    const calls = world.builder.calls().map(({ params }) => JSON.stringify(params));
    return calls.at(-1)?.includes(randao("02")) === true ? calls : undefined;
  });
  expect(jobs.filter((params) => params.includes(randao("01")))).toEqual([]);
});

test.concurrent("rollup-boost's debug methods are the admin's hand, on loopback without a token", async () => {
  await using world = await startWorld();
  const debug = async (method: string, ...params: unknown[]) =>
    (await post(world.urls.debug, call(method, params))).json();
  const answer = (mode: string) => ({ jsonrpc: "2.0", id: 1, result: { execution_mode: mode } });
  expect(await debug("debug_getExecutionMode")).toEqual(answer("enabled"));
  expect(await debug("debug_setExecutionMode", { execution_mode: "dry_run" })).toEqual(answer("dry_run"));
  expect(await world.status()).toMatchObject({
    executionMode: "dry_run",
    executionModeHands: { admin: { mode: "dry_run", who: "debug API" } },
  });
  await world.restartProxy();
  const after = await until("it to answer again", () => debug("debug_getExecutionMode").catch(() => undefined));
  expect(after).toEqual(answer("dry_run"));
  await world.push({ executionMode: "disabled" });
  expect(await debug("debug_setExecutionMode", { execution_mode: "enabled" })).toEqual(answer("disabled"));
});

test.concurrent("where the debug port is not on loopback it needs the admin token", async () => {
  await using world = await startWorld({ debugHost: "0.0.0.0" });
  const body = call("debug_setExecutionMode", [{ execution_mode: "disabled" }]);
  for (const authorization of ["", "Bearer wrong"]) {
    expect((await post(world.urls.debug, body, { authorization })).status).toBe(401);
  }
  expect((await world.status()).executionMode).toBe("enabled");
  expect((await post(world.urls.debug, body, { authorization: `Bearer ${world.adminToken}` })).status).toBe(200);
  expect((await world.status()).executionMode).toBe("disabled");
});
