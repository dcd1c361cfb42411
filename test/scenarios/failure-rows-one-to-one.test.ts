import { expect, test } from "vitest";
import { defaultSelection } from "../../proxy/contract/config-file.ts";
import type { ExecutionPayload } from "../devnet/execution-payload.ts";
import { followerProxyFails, followsAgain, isByBuilder, isHealthy, leaderProxyFails } from "./ha-rows.ts";
import { startHaWorld } from "./ha-world.ts";

test("Leader Sequencer Fails: the new leader goes on with its own builder; the failed one joins again as a follower", async () => {
  await using world = await startHaWorld("one-to-one");
  const { devnet } = world;
  expect((await world.blockUntil("a builder's block", isByBuilder)).builtBy).toBe("builder-0");
  await devnet.sequencer("sequencer-0").executionClient.stop();
  await expect(devnet.buildBlock()).rejects.toThrow();
  await devnet.transferLeader("sequencer-1");
  const next = await world.blockUntil("a block of the new leader's builder", isByBuilder);
  expect([next.sequencer, next.builtBy]).toEqual(["sequencer-1", "builder-1"]);
  await devnet.sequencer("sequencer-0").executionClient.start();
  await followsAgain(world, "sequencer-0");
});

test("Leader rollup-boost Fails: a new leader is elected and goes on; the old one joins again as a follower", async () => {
  await using world = await startHaWorld("one-to-one");
  await leaderProxyFails(world);
});

test("Follower rollup-boost Fails: the leader is unaffected; the follower joins again", async () => {
  await using world = await startHaWorld("one-to-one");
  await followerProxyFails(world);
});

test("Leader Builder Fails: blocks go on from the execution client, leadership stays; once recovered and synced the builder builds again", async () => {
  await using world = await startHaWorld("one-to-one");
  const { devnet } = world;
  await world.blockUntil("a builder's block", isByBuilder);
  await devnet.builder("builder-0").stop();
  const blocks = [await devnet.buildBlock(), await devnet.buildBlock()];
  expect(blocks.map(({ builtBy }) => builtBy)).toEqual(["sequencer-0", "sequencer-0"]);
  expect(await isHealthy(world, "sequencer-0")).toBe(true);
  await devnet.builder("builder-0").start();
  expect((await world.blockUntil("the builder's block again", isByBuilder)).builtBy).toBe("builder-0");
  expect((await world.proxy("sequencer-0").status()).blocks.unanswered).toBe(0);
});

test("Follower Builder Fails: block production is not interrupted; once recovered it syncs back and builds for a new leader", async () => {
  await using world = await startHaWorld("one-to-one");
  const { devnet } = world;
  await world.blockUntil("a builder's block", isByBuilder);
  await devnet.builder("builder-1").stop();
  const blocks = [await devnet.buildBlock(), await devnet.buildBlock()];
  expect(blocks.map(({ builtBy }) => builtBy)).toEqual(["builder-0", "builder-0"]);
  expect(devnet.sequencer("sequencer-1").opNode.failures).toEqual([]);
  await devnet.builder("builder-1").start();
  await world.blockUntil(
    "the follower's builder at the tip",
    (block) => devnet.builder("builder-1").head().payload.blockHash === block.hash,
  );
  await devnet.transferLeader("sequencer-1");
  expect((await world.blockUntil("its block", isByBuilder)).builtBy).toBe("builder-1");
});

test("Leader Builder Producing Bad Blocks: empty ones are refused by the selection policy, no hand is needed", async () => {
  await using world = await startHaWorld("one-to-one", { selection: { ...defaultSelection, minGasUsedPercent: 90 } });
  const { devnet } = world;
  await world.blockUntil("a builder's block", isByBuilder);
  const lift = devnet.builder("builder-0").fault("engine_getPayload*", {
    reseal: "execution",
    payload: (p: ExecutionPayload) => ({ ...p, transactions: p.transactions.slice(0, 1) }),
  });
  expect((await devnet.buildBlock()).builtBy).toBe("sequencer-0");
  const { lastDecisions } = await world.proxy("sequencer-0").status();
  expect(lastDecisions.at(-1)).toMatchObject({ fallbackReason: "nearly_empty", detail: "V-16" });
  expect(await isHealthy(world, "sequencer-0")).toBe(true);
  lift();
  await world.blockUntil("the builder's good block", isByBuilder);
});
