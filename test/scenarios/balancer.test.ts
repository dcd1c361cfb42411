import { describe, expect, test } from "vitest";
import { ConfigPushAnswer } from "../../proxy/contract/status.ts";
import { until } from "../devnet/until.ts";
import { attributesWith, balancerCaller } from "./balancer-caller.ts";
import { type BalancerWorld, startBalancerWorld } from "./balancer-world.ts";
import { bearer, call, get, post } from "./http-calls.ts";

const hasAttributes = ({ params }: { readonly params: readonly unknown[] }): boolean => params[1] !== null;

async function push({ balancer, adminToken }: BalancerWorld, document: object): Promise<ConfigPushAnswer> {
  const authorization = `Bearer ${adminToken}`;
  const answer = await post(`${balancer(0).adminUrl}/config`, JSON.stringify(document), { authorization }, "PUT");
  return ConfigPushAnswer.parse(answer.json());
}

test("a job fans out to all builders, and the best payload comes back through balancer and proxy, byte for byte", async () => {
  await using world = await startBalancerWorld();
  world.devnet.builder("builder-0").fault("engine_getPayload*", {
    payload: (payload) => ({ ...payload, transactions: payload.transactions.slice(0, -1) }),
    reseal: "execution",
  });
  const block = await world.devnet.buildBlock();
  expect(block.builtBy).toBe("builder-1");
  const [asked] = world.devnet.builder("builder-1").calls("engine_getPayload*");
  const direct = await post(world.devnet.builder("builder-1").engineUrl, asked?.body, {
    authorization: await bearer(world.devnet.builder("builder-1").jwtSecret),
  });
  const result = (text: string): string => text.slice(text.indexOf('"result"'));
  expect(result(block.answer)).toBe(result(direct.text));
  expect(await world.lastDecision()).toMatchObject({ source: "builder", builder: "balancer-0" });
  expect((await world.balancer(0).status()).lastDecisions.at(-1)).toMatchObject({
    builder: "builder-1",
    builders: [
      { builder: "builder-0", outcome: "not_needed" },
      { builder: "builder-1", outcome: "chosen" },
    ],
  });
});

test("newPayload and FCU without attributes go on to every builder", async () => {
  await using world = await startBalancerWorld();
  await world.devnet.buildBlock();
  const { hash } = await world.devnet.buildBlock();
  for (const builder of world.devnet.builders) {
    await until(`${builder.name} has the block`, () => (builder.head().payload.blockHash === hash ? true : undefined));
    expect(builder.calls("engine_newPayload*").length).toBeGreaterThan(0);
  }
});

describe("a builder that hangs", () => {
  test("on the FCU: the job is answered at once, and another builder's block is handed out", async () => {
    await using world = await startBalancerWorld();
    world.devnet.builder("builder-0").fault("engine_forkchoiceUpdated*", { hang: true, when: hasAttributes });
    const startedMs = performance.now();
    const { payloadStatus, payloadId } = await balancerCaller(world).ask(attributesWith(world, 1n));
    expect(performance.now() - startedMs).toBeLessThan(500);
    expect(payloadStatus).toMatchObject({ status: "VALID", validationError: null });
    expect(payloadId).toMatch(/^0x03[0-9a-f]{14}$/);
    expect((await world.devnet.buildBlock()).builtBy).toBe("builder-1");
  });

  test("on getPayload: the balancer answers before the proxies stop waiting for it", async () => {
    await using world = await startBalancerWorld({ timing: { builderDeadlineMs: 1_600, graceMs: 8_000 } });
    world.devnet.builder("builder-0").fault("engine_getPayload*", { hang: true });
    expect((await world.devnet.buildBlock()).builtBy).toBe("builder-1");
    expect((await world.lastDecision())?.builders).toMatchObject([{ builder: "balancer-0", outcome: "chosen" }]);
    expect((await world.balancer(0).status()).lastDecisions.at(-1)?.builders).toMatchObject([
      { builder: "builder-0", outcome: "builder_late" },
      { builder: "builder-1", outcome: "chosen" },
    ]);
  });
});

test("a payload that is not the block that was asked for is not handed out (V-1 to V-15 by the attributes)", async () => {
  await using world = await startBalancerWorld({ builders: ["builder-0"] });
  world.devnet.builder("builder-0").fault("engine_getPayload*", {
    payload: (payload) => ({ ...payload, gasLimit: "0x1c9c380" }),
  });
  const caller = balancerCaller(world);
  const { payloadId } = await caller.ask(attributesWith(world, 1n));
  expect(await caller.getPayload(payloadId)).toMatchObject({
    error: { code: -38_001, message: "no payload: attributes_mismatch" },
  });
});

describe("the engine port", () => {
  test("refuses a bad inbound token as execution clients do (E-2)", async () => {
    await using world = await startBalancerWorld();
    const body = call("engine_getPayloadV4", ["0x0300000000000001"]);
    const { url } = world.balancer(0);
    const status = async (headers: Readonly<Record<string, string>>) => (await post(url, body, headers)).status;
    expect(await status({})).toBe(401);
    expect(await status({ authorization: await bearer("11".repeat(32)) })).toBe(401);
    expect(await status({ authorization: await bearer(world.balancerSecret, -61) })).toBe(401);
    expect(await status({ authorization: await bearer(world.balancerSecret) })).toBe(200);
  });

  test.each([
    ["eth_chainId"],
    ["eth_getBlockByNumber"],
    ["miner_start"],
    ["admin_peers"],
    ["engine_exchangeCapabilities"],
    ["engine_forkchoiceUpdatedV1"],
    ["rollupBoost_anything"],
  ])(
    "serves nothing but the methods of building and what builders hear beside them: %s is -32601, and reaches no builder",
    async (method) => {
      await using world = await startBalancerWorld({ builders: ["builder-0"] });
      expect(await balancerCaller(world).call(method, [])).toMatchObject({ error: { code: -32_601 } });
      expect(world.devnet.builder("builder-0").calls(method)).toEqual([]);
    },
  );

  test.each([
    ["a batch", "[]"],
    ["no JSON", "<html>"],
    ["nothing", ""],
    ["an FCU without a state", call("engine_forkchoiceUpdatedV3", [])],
    ["a newPayload without a payload", call("engine_newPayloadV4", [])],
    ["a verdict that is none", call("rollupBoost_reportVerdict", [{ blockHash: 7 }])],
    ["a verdict of another word", call("rollupBoost_reportVerdict", [{ blockHash: "0x01", verdict: "ugly" }])],
  ])("answers %s with a JSON-RPC error and HTTP 200 (E-3)", async (_, body) => {
    await using world = await startBalancerWorld({ builders: ["builder-0"] });
    const answer = await post(world.balancer(0).url, body, { authorization: await bearer(world.balancerSecret) });
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ error: { code: expect.any(Number) } });
  });

  test("an unknown payload id is -38001 (E-20)", async () => {
    await using world = await startBalancerWorld({ builders: ["builder-0"] });
    for (const id of ["0x0300000000000001", null, 7]) {
      expect(await balancerCaller(world).call("engine_getPayloadV4", [id])).toMatchObject({ error: { code: -38_001 } });
    }
  });

  test("no builder's error text goes further", async () => {
    await using world = await startBalancerWorld({ builders: ["builder-0"] });
    world.devnet.builder("builder-0").fault("engine_getPayload*", { error: { code: -32_000, message: "hunter2" } });
    const caller = balancerCaller(world);
    const { payloadId } = await caller.ask(attributesWith(world, 1n));
    expect(JSON.stringify(await caller.getPayload(payloadId))).not.toContain("hunter2");
    expect(JSON.stringify(await world.balancer(0).status())).not.toContain("hunter2");
  });
});

test("the health routes, /status, /metrics and /blocks are those of a proxy; there is no execution client in them", async () => {
  await using world = await startBalancerWorld();
  await world.builderBlock();
  const { url, adminUrl } = world.balancer(0);
  for (const route of ["/healthz", "/livez", "/readyz"]) {
    expect((await get(`${url}${route}`)).status).toBe(200);
    expect((await get(`${adminUrl}${route}`)).status).toBe(200);
  }
  expect((await get(`${url}/healthz/json`)).json()).toMatchObject({ rollup_boost_health: "Healthy" });
  const status = await world.balancer(0).status();
  expect(status).toMatchObject({ role: "balancer", sequencer: "balancer-0", ready: true });
  expect(status.executionClient).toBeUndefined();
  expect((await get(`${adminUrl}/metrics`)).text).toContain('rollup_boost_balancer_jobs_total{outcome="started"}');
  expect((await get(`${adminUrl}/blocks`)).json()).toMatchObject([{ source: "builder" }]);
});

test("a pushed document runs at once: a builder that left hears nothing more; a sequencer's document is refused", async () => {
  await using world = await startBalancerWorld();
  await world.builderBlock();
  const config = world.balancerConfig(0);
  expect(await push(world, { ...config, revision: 2, role: "sequencer" })).toMatchObject({
    outcome: "refused",
    problems: [{ path: "role", found: '"sequencer"', allowed: '"balancer"' }],
  });
  expect(await push(world, { ...config, revision: 2, builders: config.builders.slice(1) })).toMatchObject({
    outcome: "accepted",
    revision: 2,
  });
  world.devnet.builder("builder-0").forgetCalls();
  expect((await world.devnet.buildBlock()).builtBy).toBe("builder-1");
  expect(world.devnet.builder("builder-0").calls("engine_*")).toEqual([]);
  await world.balancer(0).start();
  expect((await world.balancer(0).status()).revision).toBe(2);
});

test.each([["disabled"], ["dry_run"]] as const)(
  "execution mode %s at the balancer: the execution client's blocks",
  async (mode) => {
    await using world = await startBalancerWorld({ builders: ["builder-0"] });
    await world.builderBlock();
    const config = world.balancerConfig(0);
    await push(world, { ...config, revision: 2, executionMode: mode });
    await until("the builder has heard all", () =>
      world.devnet.builder("builder-0").head().payload.blockHash === world.devnet.leader().opNode.unsafeHead?.hash
        ? true
        : undefined,
    );
    world.devnet.builder("builder-0").forgetCalls();
    expect((await world.devnet.buildBlock()).builtBy).toBe("sequencer-0");
    const heard = world.devnet.builder("builder-0").calls("engine_*").length;
    if (mode === "disabled") expect(heard).toBe(0);
    else expect(heard).toBeGreaterThan(0);
    await push(world, { ...config, revision: 3, executionMode: "enabled" });
    await world.builderBlock();
  },
);

test("a drained balancer hands out the job under way before it goes", async () => {
  await using world = await startBalancerWorld();
  const { opNode } = world.devnet.leader();
  await world.builderBlock();
  const started = await opNode.startBlock();
  const drained = world.balancer(0).drain();
  expect((await get(`${world.balancer(0).adminUrl}/readyz`)).status).toBe(503);
  expect((await opNode.insertBlock(await opNode.sealBlock(started))).builtBy).toBe("builder-0");
  await drained;
  expect((await world.devnet.buildBlock()).builtBy).toBe("sequencer-0");
});
