import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { startExecutionClient } from "../devnet/execution-client.ts";
import { quantity } from "../devnet/hex.ts";
import { OpNode } from "../devnet/op-node.ts";
import { until } from "../devnet/until.ts";
import { GENESIS_TIMESTAMP_S, startWorld, type World } from "./world.ts";

/** Another sequencer that leads: its blocks are gossiped to the world's op-node. */
async function startLeader(follower: World) {
  const jwtSecret = randomBytes(32).toString("hex");
  const stack = new AsyncDisposableStack();
  const executionClient = stack.use(
    await startExecutionClient({ name: "leader", jwtSecret, genesisTimestampS: GENESIS_TIMESTAMP_S }),
  );
  const opNode = stack.use(
    new OpNode({
      name: "sequencer-1",
      engineUrl: executionClient.engineUrl,
      jwtSecret,
      gossip: (payload) => follower.opNode.receiveGossip(payload),
    }),
  );
  return { executionClient, opNode, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const follows = (world: World, hash: string) =>
  until("the follower's builder at the head", () => world.builder.head().payload.blockHash === hash || undefined);

const sent = (world: World) => world.builder.calls("engine_*").map(({ method, params }) => [method, params[1] ?? null]);

test.concurrent("a follower's builder gets the blocks of the leader, each with its forkchoice state and without attributes (E-14)", async () => {
  await using world = await startWorld();
  await using leader = await startLeader(world);
  const first = await leader.opNode.buildBlock();
  await follows(world, first.hash);
  const second = await leader.opNode.buildBlock();
  await follows(world, second.hash);
  expect(world.executionClient.head().payload.blockHash).toBe(second.hash);
  expect(sent(world).slice(-4)).toEqual([
    ["engine_newPayloadV4", []],
    ["engine_forkchoiceUpdatedV3", null],
    ["engine_newPayloadV4", []],
    ["engine_forkchoiceUpdatedV3", null],
  ]);
});

test.concurrent("Follower Builder Fails: nothing stops; once it has recovered it syncs back to the tip and processes FCUs as normal", async () => {
  await using world = await startWorld();
  await using leader = await startLeader(world);
  world.builder.peerWith(leader.executionClient);
  await leader.opNode.buildBlock();
  await world.builder.stop();
  const missed = await leader.opNode.buildBlock();
  expect(world.executionClient.head().payload.blockHash).toBe(missed.hash);
  expect(world.opNode.failures).toEqual([]);
  await world.builder.start();
  const last = await leader.opNode.buildBlock();
  await follows(world, last.hash);
  await until("the proxy to see it", async () =>
    (await world.status()).builders[0]?.state === "healthy" ? true : undefined,
  );
  expect((await world.builderBlock()).number).toBe(last.number + 1);
});

test.concurrent("failover: the follower leads from the next block on, with its own builder", async () => {
  await using world = await startWorld();
  await using leader = await startLeader(world);
  const last = await leader.opNode.buildBlock();
  const block = await world.opNode.buildBlock();
  expect([block.number, block.builtBy]).toEqual([last.number + 1, "rbuilder"]);
});

test.concurrent("a derived block (noTxPool) goes to the builder without its attributes and is the execution client's (E-13)", async () => {
  await using world = await startWorld();
  const block = await world.opNode.buildBlock({ noTxPool: true });
  expect(block.envelope.executionPayload.transactions).toEqual(block.attributes.transactions);
  expect(await world.lastDecision()).toMatchObject({ fallbackReason: "no_tx_pool" });
  await follows(world, block.hash);
  expect(world.builder.calls("engine_getPayload*")).toEqual([]);
  expect(sent(world).filter(([, attributes]) => attributes !== null && !Array.isArray(attributes))).toEqual([]);
  const own = world.executionClient.calls("engine_forkchoiceUpdatedV3").find(({ params }) => params[1] !== null);
  expect(own?.params[1]).toMatchObject({ noTxPool: true });
});

test.concurrent("a job whose slot has passed when its FCU comes uses the execution client at once; the builder follows", async () => {
  await using world = await startWorld();
  const timestamp = quantity(GENESIS_TIMESTAMP_S + 2);
  const block = await world.opNode.buildBlock({ attributes: { timestamp } });
  expect(block.builtBy).toBe("op-geth");
  expect(await world.lastDecision()).toMatchObject({ fallbackReason: "slot_passed" });
  await follows(world, block.hash);
  expect(world.builder.calls("engine_getPayload*")).toEqual([]);
  await world.builderBlock();
});

test.concurrent("a burst of FCUs while the builder hangs delays no job: the newest head and the job arrive (rollup-boost#347)", async () => {
  await using world = await startWorld();
  const head = await world.builderBlock();
  await follows(world, head.hash);
  const lift = world.builder.fault("engine_forkchoiceUpdated*", { hang: true });
  world.builder.forgetCalls();
  const state = { headBlockHash: head.hash, safeBlockHash: head.parent.hash, finalizedBlockHash: head.parent.hash };
  for (let round = 0; round < 10; round += 1) {
    await Promise.all(Array.from({ length: 20 }, () => world.opNode.call("engine_forkchoiceUpdatedV3", [state, null])));
  }
  lift();
  expect((await world.opNode.buildBlock()).builtBy).toBe("rbuilder");
  expect(world.builder.calls("engine_forkchoiceUpdatedV3").length).toBeLessThan(50);
});
