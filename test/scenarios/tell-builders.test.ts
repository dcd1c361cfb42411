import { describe, expect, test } from "vitest";
import { until } from "../devnet/until.ts";
import { call, get, post } from "./http-calls.ts";
import { limit, toldCalls, transaction } from "./told-calls.ts";
import { startWorld, type World } from "./world.ts";

const heard = (world: World, name: string, method: string) =>
  until(`${method} at ${name}`, () => world.builderNamed(name).calls(method).at(-1));

describe("what builders hear too", () => {
  test.each(toldCalls)(
    "%s, on both ports: the execution client's answer counts, every builder gets the bytes",
    async (method, body) => {
      await using world = await startWorld({ builders: ["one", "two"] });
      for (const send of [() => post(world.urls.rpc, body), () => world.engine(body)]) {
        const answer = await send();
        expect([answer.status, answer.text]).toEqual([200, (await world.executionClientSays(body)).text]);
        for (const name of ["one", "two"]) {
          const call = await heard(world, name, method);
          expect([call.endpoint, call.body.toString()]).toEqual(["engine", body]);
          world.builderNamed(name).forgetCalls();
        }
      }
    },
  );

  test("of a batch only what concerns them, each call as it came", async () => {
    await using world = await startWorld();
    const odd = '{ "id":  3,"method":"miner_setExtra", "params":[ "0x1" ]}';
    const batch = `[${call("eth_chainId")},\n${transaction} , ${odd}]`;
    const answer = await post(world.urls.rpc, batch);
    expect(answer.bytes).toEqual((await post(world.executionClient.rpcUrl, batch)).bytes);
    expect((await heard(world, "rbuilder", "miner_setExtra")).body.toString()).toBe(`[${transaction},${odd}]`);
    expect(world.builder.calls("eth_chainId")).toEqual([]);
    world.builder.forgetCalls();
    await world.engine(batch);
    expect((await heard(world, "rbuilder", "miner_setExtra")).body.toString()).toBe(`[${transaction},${odd}]`);
  });

  test("transactions only those that take them (forwardTransactions), limits all", async () => {
    await using world = await startWorld({ builders: ["open", "closed"] });
    const builders = world.config().builders.map((each) => ({ ...each, forwardTransactions: each.name === "open" }));
    await world.push({ builders });
    await post(world.urls.rpc, `[${transaction},${limit("0x5")}]`);
    expect((await heard(world, "closed", "miner_setMaxDASize")).body.toString()).toBe(`[${limit("0x5")}]`);
    expect((await heard(world, "open", "miner_setMaxDASize")).body.toString()).toBe(`[${transaction},${limit("0x5")}]`);
    expect(world.builderNamed("closed").calls("eth_*")).toEqual([]);
  });

  test("nothing while the emergency shut-off is pulled", async () => {
    await using world = await startWorld();
    await world.push({ executionMode: "disabled" });
    expect((await post(world.urls.rpc, transaction)).json()).toHaveProperty("result");
    await world.engine(limit("0x5"));
    await world.push({ executionMode: "enabled" });
    await post(world.urls.rpc, call("miner_setExtra", ["0x1"]));
    await heard(world, "rbuilder", "miner_setExtra");
    expect(world.builder.calls("eth_sendRawTransaction")).toEqual([]);
    expect(world.builder.calls("miner_setMaxDASize")).toEqual([]);
  });
});

test("a builder that hangs on them holds up nobody: the caller, the next job, and the other builder go on", async () => {
  await using world = await startWorld({ builders: ["hung", "other"] });
  await world.builderBlock();
  world.builderNamed("hung").fault("eth_sendRawTransaction", { hang: true });
  const others = (): number => world.builderNamed("other").calls("eth_sendRawTransaction").length;
  for (let sent = 100; sent <= 1_000; sent += 100) {
    const answers = await Promise.all(Array.from({ length: 100 }, () => post(world.urls.rpc, transaction)));
    expect(answers.every((answer) => answer.text.includes('"result"'))).toBe(true);
    await until("the other to have them", () => others() === sent || undefined);
  }
  await world.engine(limit("0x5"));
  await heard(world, "other", "miner_setMaxDASize");
  expect((await world.opNode.buildBlock()).builtBy).toBe("hung");
  const lost = async (name: string): Promise<number> => {
    const row = new RegExp(`^rollup_boost_builder_lost_calls_total{builder="${name}",way="aside"} (\\d+)$`, "m");
    return Number(row.exec((await get(`${world.urls.admin}/metrics`)).text)?.[1]);
  };
  await until("all to be counted", async () => (await lost("hung")) === 1_000 || undefined);
  expect(await lost("other")).toBe(0);
});

describe("op-batcher stops on an RPC error and repeats a broken call (E-9)", () => {
  test("the execution client is down: an HTTP error on both ports, never an RPC error with HTTP 200", async () => {
    await using world = await startWorld();
    await world.executionClient.stop();
    for (const answer of [await post(world.urls.rpc, limit("0x1")), await world.engine(limit("0x1"))]) {
      expect(answer.status).toBe(502);
    }
  });

  test("the execution client's own error is passed on as it is, whatever the builders say", async () => {
    await using world = await startWorld();
    world.executionClient.fault("miner_*", { error: { code: -32_601, message: "the method is not available" } });
    const answer = await world.engine(limit("0x1"));
    expect([answer.status, answer.text]).toEqual([200, (await world.executionClientSays(limit("0x1"))).text]);
    world.executionClient.heal();
    world.builder.fault("miner_*", { error: { code: -32_000, message: "no" } });
    expect((await world.engine(limit("0x1"))).json()).toMatchObject({ id: 7, result: true });
  });
});

describe("the data availability limit of the last minutes", () => {
  /** The builder is killed, is found silent, and comes back with the chain it had. */
  async function isAway(world: World, meanwhile: () => Promise<unknown>): Promise<void> {
    await world.builder.stop();
    await world.opNode.buildBlock();
    await until("silent", async () => (await world.status()).builders[0]?.state === "silent" || undefined);
    await meanwhile();
    world.builder.forgetCalls();
    await world.builder.start();
    world.builder.peerWith(world.executionClient);
  }

  test("is sent after the emergency shut-off that it came in, before a builder wins", async () => {
    await using world = await startWorld();
    await world.builderBlock();
    await world.push({ executionMode: "disabled" });
    await post(world.urls.rpc, limit("0x77"));
    await world.push({ executionMode: "enabled" });
    await world.builderBlock();
    expect(world.builder.calls("miner_setMaxDASize").map(({ params }) => params)).toEqual([["0x77", "0x77"]]);
  });

  test("is sent to a builder that returns, before it wins", async () => {
    await using world = await startWorld();
    await world.builderBlock();
    await isAway(world, () => post(world.urls.rpc, limit("0x1234")));
    await world.builderBlock();
    const calls = world.builder.calls();
    const limits = world.builder.calls("miner_setMaxDASize");
    expect(limits.map(({ params }) => params)).toEqual([["0x1234", "0x1234"]]);
    const [first] = limits;
    const firstPayload = calls.findIndex(({ method }) => method.startsWith("engine_getPayload"));
    expect(first === undefined ? -1 : calls.indexOf(first)).toBeLessThan(firstPayload);
  });

  test("is sent to one that was told before it went away", async () => {
    await using world = await startWorld();
    await world.builderBlock();
    await world.engine(limit("0x77"));
    await heard(world, "rbuilder", "miner_setMaxDASize");
    await isAway(world, async () => undefined);
    await world.builderBlock();
    expect(world.builder.calls("miner_setMaxDASize").map(({ params }) => params)).toEqual([["0x77", "0x77"]]);
  });

  test("is sent to one that was shut off when it came, before it wins again", async () => {
    await using world = await startWorld();
    await world.builderBlock();
    await world.push({ executionMode: "disabled" });
    await world.engine(limit("0x42"));
    expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
    await world.push({ executionMode: "enabled" });
    await world.builderBlock();
    expect(world.builder.calls("miner_setMaxDASize").map(({ params }) => params)).toEqual([["0x42", "0x42"]]);
  });

  test("reaches one that hangs on transactions, and its blocks go on to win", async () => {
    await using world = await startWorld();
    await world.builderBlock();
    world.builder.fault("eth_sendRawTransaction", { hang: true });
    await Promise.all(Array.from({ length: 100 }, () => post(world.urls.rpc, transaction)));
    await world.engine(limit("0x31"));
    await until("the limit", () => world.builder.calls("miner_setMaxDASize").at(-1), 1_000);
    expect((await world.opNode.buildBlock()).builtBy).toBe("rbuilder");
  });

  test("is sent to one that is wired later", async () => {
    await using world = await startWorld({ builders: ["one", "two"] });
    const [one, two] = world.config().builders;
    if (one === undefined || two === undefined) throw new Error("two builders");
    await world.push({ builders: [one] });
    await world.engine(limit("0x99"));
    world.builderNamed("two").forgetCalls();
    await world.push({ builders: [two] });
    await world.builderBlock();
    expect(
      world
        .builderNamed("two")
        .calls("miner_setMaxDASize")
        .map(({ params }) => params),
    ).toEqual([["0x99", "0x99"]]);
  });

  test.each([
    ["an error", { error: { code: -32_000, message: "no" } }, "builder_refused"],
    ["HTTP 500", { httpStatus: 500 }, "builder_refused"],
    ["a broken connection", { drop: true }, "builder_unreachable"],
  ])("a returned builder that answers it with %s is not handed out until it takes it", async (_, fault, reason) => {
    await using world = await startWorld();
    await world.builderBlock();
    world.builder.fault("miner_*", fault);
    await isAway(world, () => world.engine(limit("0x1")));
    await until("its payload, refused", async () => {
      expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
      const decision = await world.lastDecision();
      return decision?.fallbackReason === reason && world.builder.calls("engine_getPayload*").length > 0
        ? true
        : undefined;
    });
    world.builder.heal();
    expect((await world.builderBlock()).builtBy).toBe("rbuilder");
  });

  test("a builder that does not know the method may win: it has nothing to lose", async () => {
    await using world = await startWorld();
    await world.builderBlock();
    world.builder.fault("miner_*", { error: { code: -32_601, message: "the method does not exist" } });
    await isAway(world, () => world.engine(limit("0x1")));
    expect((await world.builderBlock()).builtBy).toBe("rbuilder");
  });
});
