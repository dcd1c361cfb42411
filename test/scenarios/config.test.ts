import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ConfigPushAnswer } from "../../proxy/contract/status.ts";
import { startExecutionClient } from "../devnet/execution-client.ts";
import { until } from "../devnet/until.ts";
import { GENESIS_TIMESTAMP_S, startWorld, type World } from "./world.ts";

const kept = async (world: World): Promise<unknown> =>
  JSON.parse(await readFile(join(world.dir, "state", "config.json"), "utf8"));

const putJson = async (world: World, document: unknown) => {
  const { status, json } = await world.put(JSON.stringify(document));
  return { status, ...ConfigPushAnswer.parse(json()) };
};

test("a higher revision runs at once and is on disk before it is confirmed", async () => {
  await using world = await startWorld();
  const next = { ...world.config(), revision: 7, executionMode: "disabled" as const };
  expect(await putJson(world, next)).toEqual({
    status: 200,
    outcome: "accepted",
    revision: 7,
    problems: [],
    unknownFields: [],
  });
  expect(await kept(world)).toEqual(next);
  expect(await world.status()).toMatchObject({ revision: 7, executionMode: "disabled" });
  expect(await putJson(world, next)).toMatchObject({ status: 200, outcome: "unchanged", revision: 7 });
});

test("a lower revision is ignored, an equal one with other content refused: a stale writer replaces nothing", async () => {
  await using world = await startWorld();
  await world.push({ revision: 7 });
  const before = await kept(world);
  const other = { ...world.config(), executionMode: "disabled" };
  expect(await putJson(world, { ...other, revision: 6 })).toMatchObject({
    status: 409,
    outcome: "ignored",
    revision: 7,
  });
  expect(await putJson(world, other)).toMatchObject({ status: 409, outcome: "conflict", revision: 7 });
  expect(await kept(world)).toEqual(before);
  expect(await world.status()).toMatchObject({ revision: 7, executionMode: "enabled" });
});

test("of many pushes at once the highest revision runs, and each is told what runs", async () => {
  await using world = await startWorld();
  const revisions = [5, 3, 9, 4, 8, 9, 2];
  const answers = await Promise.all(revisions.map((revision) => putJson(world, { ...world.config(), revision })));
  expect(answers.every((answer) => ["accepted", "ignored", "unchanged"].includes(answer.outcome))).toBe(true);
  expect((await world.status()).revision).toBe(9);
  expect(await kept(world)).toMatchObject({ revision: 9 });
});

test("a bad document is refused with every problem, and the one before goes on", async () => {
  await using world = await startWorld();
  const bad = { ...world.config(), revision: 2, role: "balancer", executionMode: "off", builders: "none" };
  expect(await putJson(world, bad)).toEqual({
    status: 400,
    outcome: "refused",
    revision: 1,
    problems: [
      { path: "role", found: '"balancer"', allowed: '"sequencer"' },
      { path: "executionMode", found: '"off"', allowed: '"enabled" or "dry_run" or "disabled"' },
      { path: "builders", found: '"none"', allowed: "an array" },
    ],
    unknownFields: [],
  });
  expect((await world.opNode.buildBlock()).builtBy).toBe("rbuilder");
  await expect(kept(world)).rejects.toThrow("ENOENT");
});

test.each([["not JSON"], ["{"], [""], ["null"], ["[]"], ['"text"']])("a body of %j is refused", async (body) => {
  await using world = await startWorld();
  const answer = await world.put(body);
  expect(answer.status).toBe(400);
  expect(ConfigPushAnswer.parse(answer.json())).toMatchObject({
    outcome: "refused",
    revision: 1,
    problems: [{ path: "" }],
  });
});

test("a document for another sequencer or cluster is refused", async () => {
  await using world = await startWorld();
  const foreign = { ...world.config(), revision: 2, cluster: "base-mainnet", sequencer: "sequencer-1" };
  expect(await putJson(world, foreign)).toMatchObject({
    status: 400,
    problems: [
      { path: "cluster", found: '"base-mainnet"', allowed: '"base-sepolia": this is its proxy' },
      { path: "sequencer", found: '"sequencer-1"', allowed: '"sequencer-0": this is its proxy' },
    ],
  });
});

test("fields of a newer operator are reported, not fatal", async () => {
  await using world = await startWorld();
  const newer = { ...world.config(), revision: 2, flashblocks: true };
  expect(await putJson(world, newer)).toMatchObject({ outcome: "accepted", unknownFields: ["flashblocks"] });
  expect((await world.status()).unknownFields).toEqual(["flashblocks"]);
});

describe("writes need the admin token", () => {
  test.each([
    ["no token", {}],
    ["another token", { authorization: `Bearer ${randomBytes(16).toString("hex")}` }],
    ["an empty one", { authorization: "Bearer " }],
    ["another scheme", { authorization: "Basic dXNlcjpwYXNz" }],
  ])("%s: 401", async (_, headers) => {
    await using world = await startWorld();
    const answer = await world.put(
      JSON.stringify({ ...world.config(), revision: 2 }),
      headers as Record<string, string>,
    );
    expect([answer.status, answer.headers["www-authenticate"]]).toEqual([401, "Bearer"]);
    expect(answer.text).not.toContain(world.adminToken);
    expect((await world.status()).revision).toBe(1);
  });

  test("while there is no admin-token file nobody may", async () => {
    await using world = await startWorld();
    await rm(join(world.dir, "admin-token"));
    const document = JSON.stringify({ ...world.config(), revision: 2 });
    const refused = await world.put(document);
    expect(refused.status).toBe(401);
    expect(refused.text).toContain("put one into the file admin-token of its secrets folder");
    expect((await world.put(document, { authorization: "Bearer undefined" })).status).toBe(401);
    await writeFile(join(world.dir, "admin-token"), "\n");
    expect((await world.put(document, { authorization: "Bearer " })).status).toBe(401);
  });
});

test("a restart with a stale mounted file keeps the newest document", async () => {
  await using world = await startWorld();
  await world.push({ revision: 7, executionMode: "disabled" });
  await world.restartProxy();
  expect(await world.status()).toMatchObject({ revision: 7, executionMode: "disabled" });
  await writeFile(
    join(world.dir, "mounted.json"),
    JSON.stringify({ ...world.config(), revision: 8, executionMode: "enabled" }),
  );
  await world.restartProxy();
  expect(await world.status()).toMatchObject({ revision: 8, executionMode: "enabled" });
});

test("a kept document that is damaged, or another sequencer's, does not keep the proxy from starting", async () => {
  await using world = await startWorld();
  const path = join(world.dir, "state", "config.json");
  for (const text of ["", "{", "{}", JSON.stringify({ ...world.config(), revision: 99, sequencer: "sequencer-1" })]) {
    await writeFile(path, text);
    await world.restartProxy();
    expect(await world.status()).toMatchObject({ revision: 1, sequencer: "sequencer-0" });
  }
});

test("the builder is replaced while the proxy runs: the next job is the new one's, and the old one hears nothing more", async () => {
  await using world = await startWorld();
  const head = await world.builderBlock();
  const jwtSecret = randomBytes(32).toString("hex");
  await using other = await startExecutionClient({
    name: "other",
    jwtSecret,
    genesisTimestampS: GENESIS_TIMESTAMP_S,
    payloadIdSalt: "other",
  });
  other.peerWith(world.executionClient);
  await writeFile(join(world.dir, "builder-other.jwt"), jwtSecret);

  const started = await world.opNode.startBlock();
  expect(
    await world.push({
      builders: [
        { name: "other", url: other.engineUrl, jwtSecretFile: "builder-other.jwt", forwardTransactions: true },
      ],
    }),
  ).toMatchObject({ outcome: "accepted" });
  world.builder.forgetCalls();
  const between = await world.opNode.insertBlock(await world.opNode.sealBlock(started));
  expect([between.number, between.builtBy]).toEqual([head.number + 1, "op-geth"]);
  await expect
    .poll(async () => (await world.opNode.buildBlock()).builtBy, { timeout: 10_000, interval: 100 })
    .toBe("other");
  expect((await world.status()).builders).toMatchObject([{ name: "other", state: "healthy" }]);
  expect(world.builder.calls()).toEqual([]);
});

test("a builder that hangs is removed: the revision is confirmed without waiting for it", async () => {
  await using world = await startWorld();
  world.builder.fault("*", { hang: true });
  await world.opNode.startBlock();
  const startedMs = performance.now();
  expect(await world.push({ builders: [] })).toMatchObject({ outcome: "accepted", revision: 2 });
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
});

test("the execution client's address changes while the proxy runs", async () => {
  await using world = await startWorld();
  await world.opNode.buildBlock();
  const moved = (url: string): string => url.replace("127.0.0.1", "localhost");
  const { executionClient } = world.config();
  await world.push({
    executionClient: { ...executionClient, url: moved(executionClient.url), rpcUrl: moved(executionClient.rpcUrl) },
  });
  expect((await world.opNode.buildBlock()).builtBy).toBe("rbuilder");
  expect(world.executionClient.calls("engine_*").at(-1)?.headers.host).toMatch(/^localhost:/);
});

test("the execution client's address changes while it answers an FCU: op-node gets that answer", async () => {
  await using world = await startWorld();
  world.executionClient.fault("engine_forkchoiceUpdatedV3", { delayMs: 300, when: ({ params }) => params[1] !== null });
  const starting = world.opNode.startBlock();
  await until("the FCU at the execution client", () =>
    world.executionClient.calls("engine_forkchoiceUpdatedV3").find(({ params }) => params[1] !== null),
  );
  const { executionClient } = world.config();
  const pushed = await world.push({ executionClient: { ...executionClient, rpcUrl: `${executionClient.rpcUrl}/` } });
  expect(pushed.outcome).toBe("accepted");
  expect((await starting).payloadId).toMatch(/^0x/);
});
