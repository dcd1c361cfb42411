import { expect, test } from "vitest";
import {
  followerProxyFails,
  isByBuilder,
  isHealthy,
  leaderProxyFails,
  startBuilders,
  stopBuilders,
} from "./ha-rows.ts";
import { BUILDERS, SEQUENCERS, startHaWorld } from "./ha-world.ts";

test("Leader rollup-boost Fails: a new leader is elected and goes on with the same builders; the old one joins again as a follower", async () => {
  await using world = await startHaWorld("n-builders");
  await leaderProxyFails(world);
});

test("Follower rollup-boost Fails: the leader is unaffected; the follower joins again", async () => {
  await using world = await startHaWorld("n-builders");
  await followerProxyFails(world);
});

test("n-1 Builder Failures: external block production goes on as normal; the others join again once they recover", async () => {
  await using world = await startHaWorld("n-builders");
  const { devnet } = world;
  await world.blockUntil("a builder's block", isByBuilder);
  await stopBuilders(devnet, ["builder-0", "builder-1"]);
  const blocks = [await devnet.buildBlock(), await devnet.buildBlock(), await devnet.buildBlock()];
  expect(blocks.map(({ builtBy }) => builtBy)).toEqual(["builder-2", "builder-2", "builder-2"]);
  await startBuilders(devnet, ["builder-0", "builder-1"]);
  await stopBuilders(devnet, ["builder-2"]);
  await world.blockUntil("a block of one that recovered", isByBuilder);
  expect(await isHealthy(world, "sequencer-0")).toBe(true);
});

test("All Builders Fail: every block is the execution client's and leadership stays; builders get FCUs again once they recover", async () => {
  await using world = await startHaWorld("n-builders");
  const { devnet } = world;
  await world.blockUntil("a builder's block", isByBuilder);
  await stopBuilders(devnet, BUILDERS);
  const blocks = [await devnet.buildBlock(), await devnet.buildBlock(), await devnet.buildBlock()];
  expect(blocks.map(({ builtBy }) => builtBy)).toEqual(["sequencer-0", "sequencer-0", "sequencer-0"]);
  expect(await Promise.all(SEQUENCERS.map((name) => isHealthy(world, name)))).toEqual([true, true, true]);
  await startBuilders(devnet, BUILDERS);
  await world.blockUntil("a builder's block again", isByBuilder);
  expect((await world.proxy("sequencer-0").status()).blocks.unanswered).toBe(0);
});

test("All Builders Fail by hanging: selection times out and the execution client's block is handed out (F-15)", async () => {
  await using world = await startHaWorld("n-builders", { timing: { builderDeadlineMs: 300, decisionDeadlineMs: 600 } });
  const { devnet } = world;
  for (const name of BUILDERS) devnet.builder(name).fault("engine_getPayload*", { hang: true });
  const block = await devnet.buildBlock();
  expect(block.builtBy).toBe("sequencer-0");
  const { lastDecisions } = await world.proxy("sequencer-0").status();
  expect(lastDecisions.at(-1)).toMatchObject({ fallbackReason: "builder_late", answered: true });
});

test("Multiple Sequencers Send FCUs w/ Payload Attrs: the one that no longer leads commits nothing and asks no builder, the leader's blocks all come (F-1)", async () => {
  await using world = await startHaWorld("n-builders");
  const { devnet } = world;
  await world.blockUntil("a builder's block", isByBuilder);
  const old = devnet.sequencer("sequencer-0");
  devnet.raft.lead("sequencer-1");
  const numbers: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    await expect(old.opNode.buildBlock()).rejects.toMatchObject({ step: "commit" });
    const block = await devnet.buildBlock();
    expect(block.sequencer).toBe("sequencer-1");
    numbers.push(block.number);
  }
  expect(numbers.map((number) => number - (numbers[0] ?? 0))).toEqual([0, 1, 2]);
  await world.blockUntil("a builder's block of the new leader", isByBuilder);
  const { lastDecisions } = await world.proxy("sequencer-0").status();
  const fenced = lastDecisions.filter(({ leadership }) => leadership === "follower");
  expect(fenced.map(({ fallbackReason }) => fallbackReason)).toEqual(fenced.map(() => "not_leader"));
  expect(fenced.length).toBeGreaterThan(0);
  expect((await world.proxy("sequencer-1").status()).blocks.unanswered).toBe(0);
});
