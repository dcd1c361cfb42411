import { expect, test } from "vitest";
import { startDevnet } from "../../devnet/devnet.ts";
import { JsonRpcCaller } from "../../devnet/json-rpc-caller.ts";
import { until } from "../../devnet/until.ts";

const names = ["sequencer-0", "sequencer-1", "sequencer-2"];

test("every sequencer follows the leader, and a new leader goes on where the old one stopped", async () => {
  await using devnet = await startDevnet({ sequencers: names });
  await devnet.buildBlock();
  await devnet.transferLeader("sequencer-1");
  const block = await devnet.buildBlock();
  expect(block).toMatchObject({ number: 2, sequencer: "sequencer-1" });
  for (const { executionClient } of devnet.sequencers)
    expect(executionClient.head().payload.blockHash).toBe(block.hash);
});

test("one conductor leads, all name it, and a follower's commit is refused", async () => {
  await using devnet = await startDevnet({ sequencers: names });
  await devnet.transferLeader("sequencer-2");
  for (const { name, conductor } of devnet.sequencers) {
    await using caller = new JsonRpcCaller(conductor.url);
    expect(await caller.call("conductor_leader", [])).toMatchObject({ result: name === "sequencer-2" });
    expect(await caller.call("conductor_leaderWithID", [])).toMatchObject({ result: { id: "sequencer-2" } });
  }
  await expect(devnet.sequencer("sequencer-0").opNode.buildBlock()).rejects.toMatchObject({
    step: "commit",
    message: expect.stringContaining("node is not the leader"),
  });
});

test("by itself the leader keeps to the clock: each block is the head before its slot is over", async () => {
  await using devnet = await startDevnet({ sequencers: names, blockTimeMs: 1_000 });
  await devnet.run();
  const { opNode } = devnet.leader();
  await until("two blocks", () => (opNode.blocks.length >= 2 ? true : undefined));
  expect(opNode.failures).toEqual([]);
  for (const block of opNode.blocks) expect(block.lateMs).toBeLessThan(1_000);
});

test("a builder that was down catches up from its peers when it hears of a block it lacks", async () => {
  await using devnet = await startDevnet();
  const [builder] = devnet.builders;
  if (builder === undefined) throw new Error("no builder");
  await builder.stop();
  await devnet.buildBlock();
  const block = await devnet.buildBlock();
  await builder.start();
  await using caller = new JsonRpcCaller(builder.engineUrl, builder.jwtSecret);
  const hash = block.hash;
  const state = { headBlockHash: hash, safeBlockHash: block.parent.hash, finalizedBlockHash: block.parent.hash };
  const first = await caller.call("engine_forkchoiceUpdatedV3", [state, null]);
  expect(first).toMatchObject({ result: { payloadStatus: { status: "SYNCING" } } });
  await until("the builder's head", () => (builder.head().payload.blockHash === hash ? true : undefined));
});
