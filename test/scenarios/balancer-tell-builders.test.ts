import { describe, expect, test } from "vitest";
import type { ExecutionClient } from "../devnet/execution-client.ts";
import { until } from "../devnet/until.ts";
import { balancerCaller } from "./balancer-caller.ts";
import { type BalancerWorld, startBalancerWorld } from "./balancer-world.ts";
import { bearer, call, type HttpAnswer, post } from "./http-calls.ts";
import { limit, toldCalls, transaction } from "./told-calls.ts";

/** A call on the engine port of a sequencer's proxy. */
async function send(world: BalancerWorld, body: string, sequencer = "sequencer-0"): Promise<HttpAnswer> {
  const { jwtSecret } = world.devnet.sequencer(sequencer).executionClient;
  return await post(world.proxy(sequencer).url, body, { authorization: await bearer(jwtSecret) });
}

const heard = ({ devnet }: BalancerWorld, builder: string, method: string) =>
  until(`${method} at ${builder}`, () => devnet.builder(builder).calls(method).at(-1));

const limitsAt = (builder: ExecutionClient): readonly unknown[] =>
  builder.calls("miner_setMaxDASize").map(({ params }) => params[0]);

/** The builder is killed, found silent by the balancer that drives it, and comes back with the chain it had. */
async function isRestarted(world: BalancerWorld, builder: ExecutionClient, balancer = 0): Promise<void> {
  await builder.stop();
  await world.devnet.buildBlock();
  await until("silent", async () => {
    const { builders } = await world.balancer(balancer).status();
    return builders.find(({ name }) => name === builder.name)?.state === "silent" || undefined;
  });
  builder.forgetCalls();
  await builder.start();
}

describe("what builders hear too goes through a balancer to every builder behind it", () => {
  test.each(toldCalls)(
    "%s: the execution client's answer counts, every builder gets the bytes",
    async (method, body) => {
      await using world = await startBalancerWorld();
      const { executionClient } = world.devnet.sequencer("sequencer-0");
      const answer = await send(world, body);
      expect(answer.status).toBe(200);
      expect(executionClient.calls(method)).toHaveLength(1);
      for (const { name } of world.devnet.builders) {
        expect((await heard(world, name, method)).body.toString()).toBe(body);
      }
    },
  );

  test("of a batch transactions only to those that take them (forwardTransactions), limits to all", async () => {
    await using world = await startBalancerWorld();
    const config = world.balancerConfig(0);
    const builders = config.builders.map((each) => ({ ...each, forwardTransactions: each.name === "builder-0" }));
    const authorization = `Bearer ${world.adminToken}`;
    const document = JSON.stringify({ ...config, revision: 2, builders });
    await post(`${world.balancer(0).adminUrl}/config`, document, { authorization }, "PUT");
    await send(world, `[${call("eth_chainId")},${transaction},${limit("0x5")}]`);
    expect((await heard(world, "builder-1", "miner_setMaxDASize")).body.toString()).toBe(`[${limit("0x5")}]`);
    const whole = (await heard(world, "builder-0", "miner_setMaxDASize")).body.toString();
    expect(whole).toBe(`[${transaction},${limit("0x5")}]`);
    expect(world.devnet.builder("builder-1").calls("eth_*")).toEqual([]);
  });

  test("nothing while the emergency shut-off is pulled at the balancer", async () => {
    await using world = await startBalancerWorld();
    const put = (document: object) =>
      post(
        `${world.balancer(0).adminUrl}/config`,
        JSON.stringify({ ...world.balancerConfig(0), ...document }),
        { authorization: `Bearer ${world.adminToken}` },
        "PUT",
      );
    await put({ revision: 2, executionMode: "disabled" });
    const caller = balancerCaller(world, { id: "sequencer-0", leadership: "leader" });
    expect(await caller.call("eth_sendRawTransaction", ["0x02"])).toMatchObject({ result: null });
    await put({ revision: 3, executionMode: "enabled" });
    expect(await caller.call("miner_setExtra", ["0x01"])).toMatchObject({ result: true });
    await heard(world, "builder-0", "miner_setExtra");
    expect(world.devnet.builder("builder-0").calls("eth_*")).toEqual([]);
  });

  test.each([
    ["is gone", (world: BalancerWorld) => world.balancer(0).kill()],
    ["hangs", (world: BalancerWorld) => world.balancer(0).hang()],
    ["refuses the token", (world: BalancerWorld) => world.balancer(0).refuseTokens()],
  ])("of two balancers one passes a transaction on; where it %s, the other", async (_, fails) => {
    await using world = await startBalancerWorld({ balancers: 2, builders: ["builder-0"] });
    await send(world, transaction);
    // A limit goes by both, and this one's second arrival is after the transaction's.
    await send(world, limit("0x1"));
    await until("both limits", () => limitsAt(world.devnet.builder("builder-0")).length === 2 || undefined);
    expect(world.devnet.builder("builder-0").calls("eth_sendRawTransaction")).toHaveLength(1);
    await fails(world);
    world.devnet.builder("builder-0").forgetCalls();
    await send(world, transaction);
    expect((await heard(world, "builder-0", "eth_sendRawTransaction")).body.toString()).toBe(transaction);
  });

  test("a builder that hangs on transactions keeps none from the one beside it, and costs no block", async () => {
    await using world = await startBalancerWorld();
    await world.builderBlock();
    world.devnet.builder("builder-0").fault("eth_sendRawTransaction", { hang: true });
    for (let round = 0; round < 20; round += 1) {
      await Promise.all(Array.from({ length: 20 }, () => send(world, transaction)));
    }
    const { calls } = world.devnet.builder("builder-1");
    await until("all at the other", () => calls("eth_sendRawTransaction").length === 400 || undefined, 1_500);
    expect((await world.devnet.buildBlock()).builtBy).toMatch(/^builder-/);
  });
});

describe("the data availability limit of the last minutes, behind a balancer", () => {
  test("is sent to a builder that restarts, before it wins", async () => {
    await using world = await startBalancerWorld({ builders: ["builder-0"] });
    const builder = world.devnet.builder("builder-0");
    await world.builderBlock();
    await send(world, limit("0x77"));
    await heard(world, "builder-0", "miner_setMaxDASize");
    await isRestarted(world, builder);
    await world.builderBlock();
    expect(limitsAt(builder)).toEqual(["0x77"]);
    const methods = builder.calls().map(({ method }) => method);
    const firstPayload = methods.findIndex((method) => method.startsWith("engine_getPayload"));
    expect(methods.indexOf("miner_setMaxDASize")).toBeLessThan(firstPayload);
  });

  test("is known to the next balancer when the first is gone", async () => {
    await using world = await startBalancerWorld({ builders: ["builder-0"], balancers: 2 });
    const builder = world.devnet.builder("builder-0");
    await world.builderBlock();
    await send(world, limit("0x77"));
    await until("both limits", () => limitsAt(builder).length === 2 || undefined);
    await world.balancer(0).kill();
    await world.builderBlock();
    await isRestarted(world, builder, 1);
    await world.builderBlock();
    expect(limitsAt(builder)).toEqual(["0x77"]);
  });

  test("is sent to a balancer that restarts", async () => {
    await using world = await startBalancerWorld({ builders: ["builder-0"] });
    const builder = world.devnet.builder("builder-0");
    await world.builderBlock();
    await send(world, limit("0x77"));
    await heard(world, "builder-0", "miner_setMaxDASize");
    await world.balancer(0).kill();
    await world.devnet.buildBlock();
    builder.forgetCalls();
    await world.balancer(0).start();
    await world.builderBlock();
    expect(limitsAt(builder)).toEqual(["0x77"]);
  });
});

describe("limits come from the sequencer that leads, transactions from any", () => {
  test("a follower's limit reaches no builder, its transaction does; when it comes to lead, its limit comes with its first job", async () => {
    await using world = await startBalancerWorld({ sequencers: ["sequencer-0", "sequencer-1"] });
    const builder = world.devnet.builder("builder-0");
    await world.builderBlock();
    await until("the follower is known to follow", async () => {
      await world.devnet.buildBlock();
      return (await world.proxy("sequencer-1").status()).leadership?.answer === "follower" || undefined;
    });
    await send(world, limit("0xbad"), "sequencer-1");
    await send(world, limit("0x600d"), "sequencer-0");
    await send(world, transaction, "sequencer-1");
    await heard(world, "builder-0", "eth_sendRawTransaction");
    await until("the leader's limit", () => limitsAt(builder).length > 0 || undefined);
    expect(limitsAt(builder)).toEqual(["0x600d"]);
    await world.devnet.transferLeader("sequencer-1");
    await until("its own limit", async () => {
      await world.devnet.buildBlock();
      return limitsAt(builder).at(-1) === "0xbad" || undefined;
    });
  });
});
