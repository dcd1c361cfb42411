import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { call, get, post } from "./http-calls.ts";
import { startWorld, type World } from "./world.ts";

/** Samples of `/metrics` whose name begins with `rollup_boost_`, by name and labels. */
async function metricsOf(world: World): Promise<Readonly<Record<string, number>>> {
  const { text } = await get(`${world.urls.admin}/metrics`);
  const samples = text.matchAll(/^(rollup_boost_[a-z_]+(?:\{[^}]*\})?) (\S+)$/gm);
  return Object.fromEntries([...samples].map(([, name, value]) => [name, Number(value)]));
}

/** Blocks of every kind: the builder's, fallen back, unknown, unanswered. */
async function someBlocks(world: World): Promise<void> {
  await world.builderBlock();
  await world.opNode.buildBlock({ noTxPool: true });
  world.builder.fault("engine_getPayload*", { times: 1, error: { code: -38_001, message: "Unknown payload" } });
  await world.opNode.buildBlock();
  await world.engine(call("engine_getPayloadV4", ["0x03ffffffffffffff"]));
  await world.engine(call("eth_chainId"));
}

test("/metrics and /status count the same blocks and reasons", async () => {
  await using world = await startWorld();
  await someBlocks(world);
  const { blocks, revision } = await world.status();
  expect(blocks).toEqual({
    builder: 1,
    executionClient: 2,
    unanswered: 1,
    byFallbackReason: { no_tx_pool: 1, builder_refused: 1, unknown_job: 1 },
  });
  const metrics = await metricsOf(world);
  expect(metrics).toMatchObject({
    'rollup_boost_blocks_total{source="builder"}': blocks.builder,
    'rollup_boost_blocks_total{source="execution_client"}': blocks.executionClient,
    rollup_boost_config_revision: revision,
    rollup_boost_external_building_enabled: 1,
    rollup_boost_invariant_violations_total: 0,
    'rollup_boost_engine_request_duration_seconds_count{method="engine_getPayloadV4"}': 4,
    'rollup_boost_engine_request_duration_seconds_count{method="engine_newPayloadV4"}': 3,
  });
  for (const [reason, count] of Object.entries(blocks.byFallbackReason)) {
    expect(metrics[`rollup_boost_fallbacks_total{reason="${reason}"}`]).toBe(count);
  }
});

test("labels come from fixed lists: no caller can make a new one", async () => {
  await using world = await startWorld();
  for (let count = 0; count < 20; count += 1) await world.engine(call(`engine_${randomBytes(4).toString("hex")}`));
  const methods = new Set(
    Object.keys(await metricsOf(world)).flatMap((name) => name.match(/method="([^"]+)"/)?.[1] ?? []),
  );
  expect([...methods]).toEqual(["pass_through"]);
});

test("the shut-off and the revision are in the metrics as soon as they run", async () => {
  await using world = await startWorld();
  await world.push({ executionMode: "disabled", revision: 12 });
  expect(await metricsOf(world)).toMatchObject({
    rollup_boost_config_revision: 12,
    rollup_boost_external_building_enabled: 0,
  });
});

test("of 100 blocks the last 64 decisions are shown, and one log line was written for each", async () => {
  await using world = await startWorld({ withoutBuilder: true });
  for (let count = 0; count < 100; count += 1) await world.engine(call("engine_getPayloadV4", [`0x03${count}`]));
  const { lastDecisions, blocks } = await world.status();
  expect([lastDecisions.length, lastDecisions.at(-1)?.payloadId, blocks.unanswered]).toEqual([64, "0x0399", 100]);
  expect(world.log.filter((line) => line.includes('"payloadId"'))).toHaveLength(100);
});

test("no secret is in a status, a metric, a log line or an error", async () => {
  await using world = await startWorld();
  await someBlocks(world);
  await world.put(JSON.stringify({ ...world.config(), revision: 9 }), { authorization: "Bearer wrong" });
  await world.push({ revision: 3 });
  const password = randomBytes(8).toString("hex");
  const url = `http://operator:${password}@rbuilder:8551`;
  const refused = await world.put(
    JSON.stringify({ ...world.config(), revision: 10, builders: [{ name: "rbuilder", url, jwtSecretFile: "b.jwt" }] }),
  );
  expect([refused.status, refused.text]).toEqual([
    400,
    expect.stringContaining("a URL without user name and password"),
  ]);
  await world.executionClient.stop();
  const error = await world.engine(call("eth_chainId"));
  const unauthorized = await post(world.urls.engine, call("eth_chainId"));

  const seen = [
    ...world.log,
    refused.text,
    error.text,
    unauthorized.text,
    ...(await Promise.all(["status", "metrics"].map(async (path) => (await get(`${world.urls.admin}/${path}`)).text))),
  ].join("\n");
  for (const secret of [world.executionClient.jwtSecret, world.builder.jwtSecret, world.adminToken, password, "eyJ"]) {
    expect(seen).not.toContain(secret);
  }
});
