import { expect, test } from "vitest";
import { OpNode } from "../devnet/op-node.ts";
import { until } from "../devnet/until.ts";
import { startSharedWorld } from "./shared-world.ts";
import { startWorld, type World } from "./world.ts";

/** So long that a round which waits for it cannot be taken for one that does not. */
const DECISIVE = { blockTimeMs: 1_000, builderDeadlineMs: 800, decisionDeadlineMs: 3_000 };

/** A builder that is waited for costs more than its slot. */
const LONGER_THAN_A_SLOT = { ...DECISIVE, builderDeadlineMs: 1_500 };

const stateOf = async (world: World, name = "rbuilder") =>
  (await world.status()).builders.find((builder) => builder.name === name)?.state;

/** Blocks whose getPayload took the builder's deadline. */
const waited = (blocks: readonly { readonly getPayloadMs: number }[]): number =>
  blocks.filter((block) => block.getPayloadMs >= DECISIVE.builderDeadlineMs).length;

test.each([
  ["all of it", "engine_*"],
  ["its FCU", "engine_forkchoiceUpdated*"],
  ["its getPayload", "engine_getPayload*"],
])("a builder hangs, %s: it costs its deadline once, then nothing; healed, it wins again", async (_, method) => {
  await using world = await startWorld({ timing: DECISIVE });
  await world.builderBlock();
  world.builder.fault(method, { hang: true });
  const blocks = [];
  for (let block = 0; block < 4; block += 1) blocks.push(await world.opNode.buildBlock());
  expect(waited(blocks)).toBe(1);
  expect(waited(blocks.slice(0, 1))).toBe(1);
  expect(await stateOf(world)).toBe("silent");
  world.builder.heal();
  world.builder.peerWith(world.executionClient);
  await world.builderBlock();
});

test("on a 1-second chain with a builder that hangs, 100 blocks: no slot is missed, and none drifts", async () => {
  await using world = await startWorld({ timing: LONGER_THAN_A_SLOT });
  await using opNode = new OpNode({
    name: "sequencer-0",
    engineUrl: world.urls.engine,
    jwtSecret: world.executionClient.jwtSecret,
    blockTimeMs: 1_000,
  });
  world.builder.fault("engine_*", { hang: true });
  await opNode.buildBlock();
  // The chain is driven as fast as it goes. op-node skips the slots that are gone when it asks for the next block: each
  // block that takes its slot or more would leave a hole, and from the second block on there is none.
  const second = await opNode.buildBlock();
  for (let block = 0; block < 98; block += 1) await opNode.buildBlock();
  const timestamps = Array.from({ length: 99 }, (_, index) =>
    Number(world.executionClient.block(second.number + index)?.payload.timestamp),
  );
  const start = timestamps[0] ?? 0;
  expect(timestamps).toEqual(timestamps.map((_, index) => start + index));
  expect((await world.status()).blocks).toMatchObject({ executionClient: 100, builder: 0, unanswered: 0 });
});

test.concurrent("one of two builders hangs: after one round the other's blocks come without waiting", async () => {
  await using world = await startWorld({ timing: DECISIVE, builders: ["a", "b"] });
  await until("a block of a builder", async () =>
    (await world.opNode.buildBlock()).builtBy === "a" ? true : undefined,
  );
  world.builderNamed("a").fault("engine_*", { hang: true });
  await world.opNode.buildBlock();
  const blocks = [await world.opNode.buildBlock(), await world.opNode.buildBlock(), await world.opNode.buildBlock()];
  expect(blocks.map((block) => block.builtBy)).toEqual(["b", "b", "b"]);
  for (const block of blocks) expect(block.getPayloadMs).toBeLessThan(DECISIVE.builderDeadlineMs);
  expect([await stateOf(world, "a"), await stateOf(world, "b")]).toEqual(["silent", "healthy"]);
});

test.concurrent("too many bad payloads bench a builder: it is driven and checked, not validated, and returns after five good ones", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  const lift = world.builder.fault("engine_getPayload*", { payload: (payload) => ({ ...payload, gasLimit: "0x1" }) });
  for (let round = 0; round < 5; round += 1) await world.opNode.buildBlock();
  expect((await world.lastDecision())?.fallbackReason).toBe("attributes_mismatch");
  expect((await world.status()).builders).toMatchObject([
    { state: "benched", reason: expect.stringContaining("attributes_mismatch: V-5") },
  ]);
  lift();
  for (let round = 0; round < 5; round += 1) {
    const started = await world.opNode.startBlock();
    world.executionClient.forgetCalls();
    const sealed = await world.opNode.sealBlock(started);
    if (round < 4) {
      expect(sealed.builtBy).toBe("op-geth");
      expect(world.executionClient.calls("engine_newPayload*")).toEqual([]);
      expect(await world.lastDecision()).toMatchObject({ fallbackReason: "builder_benched" });
    }
    await world.opNode.insertBlock(sealed);
  }
  await until("it to be back", async () => ((await stateOf(world)) === "healthy" ? true : undefined));
  expect((await world.opNode.buildBlock()).builtBy).toBe("rbuilder");
});

test.concurrent("payloads the execution client calls INVALID bench a builder too: its validations end", async () => {
  await using world = await startWorld();
  world.builder.fault("engine_getPayload*", {
    payload: (payload) => ({ ...payload, stateRoot: `0x${"ab".repeat(32)}` }),
  });
  const blocks = await until("the builder to be benched", async () => {
    await world.opNode.buildBlock();
    return (await stateOf(world)) === "benched" ? (await world.status()).blocks : undefined;
  });
  expect(blocks.byFallbackReason.validation_invalid).toBeLessThanOrEqual(6);
  expect(blocks.builder).toBe(0);
});

test.concurrent("a follower sees a shared builder by its head: healthy beside ours, lagging when it stays behind", async () => {
  await using world = await startSharedWorld({ timing: { blockTimeMs: 1_000 } });
  const [leader, follower] = world.sequencers;
  const seen = async () => (await follower.status()).builders[0];
  const first = await leader.opNode.buildBlock();
  await until("the builder at the head", () => world.builder.head().payload.blockHash === first.hash || undefined);
  await until("it to be seen", async () => ((await seen())?.state === "healthy" ? true : undefined));
  world.builder.fault("engine_*", { httpStatus: 503 });
  for (let behind = 0; behind < 4; behind += 1) await leader.opNode.buildBlock();
  const lagging = await until("it to lag", async () =>
    (await seen())?.state === "lagging" ? await seen() : undefined,
  );
  expect(lagging?.reason).toBe("its head is 4 blocks behind");
  world.builder.heal();
  await leader.opNode.buildBlock();
  await until("it to be back", async () => ((await seen())?.state === "healthy" ? true : undefined));
});

test.concurrent("while the emergency shut-off is pulled no builder is asked for its head", async () => {
  await using world = await startWorld({ timing: { blockTimeMs: 1_000 } });
  await until("the head watch", () => world.builder.calls("eth_getBlockByNumber")[0]);
  await world.push({ executionMode: "disabled" });
  world.builder.forgetCalls();
  const block = await world.opNode.buildBlock();
  await until("two more watches' time", () => (Date.now() > block.insertedAtMs + 2_200 ? true : undefined));
  expect(world.builder.calls()).toEqual([]);
});
