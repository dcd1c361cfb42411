import { describe, expect, test } from "vitest";
import type { ConfigFile } from "../../proxy/contract/config-file.ts";
import type { Envelope, ExecutionPayload } from "../devnet/execution-payload.ts";
import { bytesOf } from "../devnet/hex.ts";
import { call } from "./http-calls.ts";
import { startWorld, type World } from "./world.ts";

const NAMES = ["alpha", "beta", "gamma"];
const selection = (change: Partial<ConfigFile["selection"]>): ConfigFile["selection"] => ({
  policy: "gas_used",
  minGasUsedPercent: 0,
  payloadBytesMax: 4_800_000,
  ...change,
});

/** A block of its deposits and so many transactions of users, VALID as it is. */
const withUserTransactions = (count: number) => ({
  reseal: "execution" as const,
  payload: (p: ExecutionPayload): ExecutionPayload => ({ ...p, transactions: p.transactions.slice(0, count + 1) }),
});
const invalid = { payload: (p: ExecutionPayload) => ({ ...p, stateRoot: bytesOf(0xbad, 32) }) };
const otherGasLimit = { payload: (p: ExecutionPayload) => ({ ...p, gasLimit: "0x1" }) };

const outcomes = async (world: World) =>
  Object.fromEntries((await world.lastDecision())?.builders.map(({ builder, outcome }) => [builder, outcome]) ?? []);

describe("the selection policy chooses among the builders' blocks", () => {
  test.each([
    ["gas_used", "beta"],
    ["transaction_count", "beta"],
    ["block_value", "gamma"],
    ["priority", "alpha"],
  ] as const)("%s: %s", async (policy, best) => {
    await using world = await startWorld({ builders: NAMES, selection: selection({ policy }) });
    world.builderNamed("alpha").fault("engine_getPayload*", withUserTransactions(1));
    world.builderNamed("gamma").fault("engine_getPayload*", {
      envelope: (e: Envelope) => ({ ...e, blockValue: "0xffffffffffffffffffffffffffffffff" }),
    });
    expect((await world.opNode.buildBlock()).builtBy).toBe(best);
    expect(await world.lastDecision()).toMatchObject({ source: "builder", builder: best });
  });

  test("equal blocks: by name", async () => {
    await using world = await startWorld({ builders: ["gamma", "beta", "alpha"] });
    for (const name of NAMES) world.builderNamed(name).fault("engine_getPayload*", withUserTransactions(1));
    expect((await world.opNode.buildBlock()).builtBy).toBe("alpha");
  });
});

describe("the next best is tried", () => {
  test("the best is INVALID: the next best goes on the chain", async () => {
    await using world = await startWorld({ builders: NAMES });
    world.builderNamed("alpha").fault("engine_getPayload*", invalid);
    expect((await world.opNode.buildBlock()).builtBy).toBe("beta");
    expect(await outcomes(world)).toEqual({ alpha: "validation_invalid", beta: "chosen", gamma: "not_needed" });
  });

  test("the best two are INVALID: the execution client's, no third validation near the slot (F-11)", async () => {
    await using world = await startWorld({ builders: NAMES });
    for (const name of ["alpha", "beta"]) world.builderNamed(name).fault("engine_getPayload*", invalid);
    const sealed = await world.opNode.sealBlock(await world.opNode.startBlock());
    expect(sealed.builtBy).toBe("op-geth");
    expect(world.executionClient.calls("engine_newPayload*")).toHaveLength(2);
    expect(await world.lastDecision()).toMatchObject({ fallbackReason: "validation_invalid" });
  });

  test("a block that is not what was asked for costs no validation", async () => {
    await using world = await startWorld({ builders: NAMES });
    for (const name of ["alpha", "beta"]) world.builderNamed(name).fault("engine_getPayload*", otherGasLimit);
    const sealed = await world.opNode.sealBlock(await world.opNode.startBlock());
    expect(sealed.builtBy).toBe("gamma");
    expect(world.executionClient.calls("engine_newPayload*")).toHaveLength(1);
  });
});

describe("slow builders", () => {
  const timing = { builderDeadlineMs: 4_000, decisionDeadlineMs: 6_000, graceMs: 200 };

  test("late ones are ignored after the grace time, though their block is better", async () => {
    await using world = await startWorld({ builders: NAMES, timing });
    world.builderNamed("alpha").fault("engine_getPayload*", { delayMs: 3_000 });
    const sealed = await world.opNode.sealBlock(await world.opNode.startBlock());
    expect(sealed.builtBy).toBe("beta");
    expect(sealed.getPayloadMs).toBeLessThan(2_500);
    expect(await outcomes(world)).toMatchObject({ alpha: "builder_late" });
  });

  test("one that hangs does not delay another's block beyond the grace time (F-7)", async () => {
    await using world = await startWorld({ builders: NAMES, timing });
    world.builderNamed("beta").fault("engine_*", { hang: true });
    const sealed = await world.opNode.sealBlock(await world.opNode.startBlock());
    expect(sealed.builtBy).toBe("alpha");
    expect(sealed.startMs).toBeLessThan(2_000);
    expect(sealed.getPayloadMs).toBeLessThan(2_500);
  });

  test("the execution client is the slow one: op-node gets a builder's block without waiting for it", async () => {
    await using world = await startWorld({ builders: NAMES, timing: { builderDeadlineMs: 400 } });
    world.executionClient.fault("engine_getPayload*", { hang: true });
    expect((await world.opNode.buildBlock()).builtBy).toBe("alpha");
  });
});

test("a nearly empty block is refused, though it is VALID and its builder first (V-16)", async () => {
  await using world = await startWorld({
    builders: NAMES,
    selection: selection({ policy: "priority", minGasUsedPercent: 90 }),
  });
  world.builderNamed("alpha").fault("engine_getPayload*", withUserTransactions(0));
  expect((await world.opNode.buildBlock()).builtBy).toBe("beta");
  expect(await outcomes(world)).toMatchObject({ alpha: "nearly_empty" });
});

test("all are bad: the execution client's, byte for byte, with the reason of the one that came furthest", async () => {
  await using world = await startWorld({ builders: ["alpha", "beta", "gamma", "delta"] });
  world.builderNamed("alpha").fault("engine_getPayload*", otherGasLimit);
  world.builderNamed("beta").fault("engine_getPayload*", { body: "<html>" });
  world.builderNamed("gamma").fault("engine_getPayload*", invalid);
  await world.builderNamed("delta").stop();
  const { payloadId } = await world.opNode.startBlock();
  const body = call("engine_getPayloadV4", [payloadId], 7);
  const answer = await world.engine(body);
  expect(answer.bytes).toEqual((await world.executionClientSays(body)).bytes);
  expect(await world.lastDecision()).toMatchObject({ fallbackReason: "validation_invalid", answered: true });
  expect(await outcomes(world)).toEqual({
    alpha: "attributes_mismatch",
    beta: "builder_malformed",
    gamma: "validation_invalid",
    delta: "builder_unreachable",
  });
});

test("payload ids differ between builders: each is asked with its own (E-17)", async () => {
  await using world = await startWorld({ builders: NAMES });
  const started = await world.opNode.startBlock();
  await world.opNode.sealBlock(started);
  const ids = NAMES.map((name) => world.builderNamed(name).calls("engine_getPayloadV4")[0]?.params[0]);
  expect(new Set([started.payloadId, ...ids]).size).toBe(4);
});

test("sixteen builders, ten of them dead or hung: the best of the others, block after block", async () => {
  const names = Array.from({ length: 16 }, (_, index) => `b${String(index).padStart(2, "0")}`);
  await using world = await startWorld({ builders: names, timing: { graceMs: 500, builderDeadlineMs: 4_000 } });
  for (const name of names.slice(0, 5)) await world.builderNamed(name).stop();
  for (const name of names.slice(5, 10)) world.builderNamed(name).fault("engine_*", { hang: true });
  const blocks = [await world.opNode.buildBlock(), await world.opNode.buildBlock()];
  expect(blocks.map((block) => block.number)).toEqual([1, 2]);
  expect(names.slice(10)).toContain(blocks[0]?.builtBy);
  expect(names.slice(10)).toContain(blocks[1]?.builtBy);
});
