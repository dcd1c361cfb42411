import { expect, test } from "vitest";
import { until } from "../devnet/until.ts";
import { type BalancerWorld, startBalancerWorld } from "./balancer-world.ts";

const isBuilders = (name: string | undefined): boolean => name?.startsWith("builder-") === true;

/** Who was asked for the newest block, and what came of it. */
const partsOf = async (world: BalancerWorld): Promise<readonly string[]> =>
  ((await world.lastDecision())?.builders ?? []).map(({ builder, outcome }) => `${builder} ${outcome}`);

test("all jobs of all sequencers go to the first balancer while it answers", async () => {
  await using world = await startBalancerWorld({ balancers: 2, sequencers: ["sequencer-0", "sequencer-1"] });
  await world.builderBlock();
  await world.devnet.transferLeader("sequencer-1");
  await world.builderBlock();
  expect((await world.balancer(0).status()).jobs?.started).toBeGreaterThanOrEqual(2);
  expect((await world.balancer(1).status()).jobs?.started).toBe(0);
  expect(await partsOf(world)).toEqual(["balancer-0 chosen", "balancer-1 not_needed"]);
});

test("a balancer is killed mid-block: at most that builder block is lost, no block is missed", async () => {
  await using world = await startBalancerWorld({ balancers: 2 });
  const { opNode } = world.devnet.leader();
  await world.builderBlock();
  const started = await opNode.startBlock();
  await world.balancer(0).kill();
  const block = await opNode.insertBlock(await opNode.sealBlock(started));
  expect(block.builtBy).toBe("sequencer-0");
  for (let next = 1; next <= 3; next += 1) {
    const after = await world.devnet.buildBlock();
    expect(after.number).toBe(block.number + next);
    expect(isBuilders(after.builtBy)).toBe(true);
  }
  expect(await partsOf(world)).toEqual(["balancer-0 not_needed", "balancer-1 chosen"]);
});

test("the first balancer does not answer: the second is used at once, for the same block", async () => {
  await using world = await startBalancerWorld({ balancers: 2 });
  const { opNode } = world.devnet.leader();
  await world.builderBlock();
  await world.balancer(0).kill();
  expect(isBuilders((await opNode.sealBlock(await opNode.startBlock())).builtBy)).toBe(true);
  expect(await partsOf(world)).toEqual(["balancer-0 builder_unreachable", "balancer-1 chosen"]);
});

test("the first balancer hangs: the second gets the job; in the next round it is asked first", async () => {
  await using world = await startBalancerWorld({ balancers: 2 });
  await world.builderBlock();
  await world.balancer(0).hang();
  const { opNode } = world.devnet.leader();
  const started = await opNode.startBlock();
  expect(started.startMs).toBeLessThan(1_000);
  expect(isBuilders((await opNode.insertBlock(await opNode.sealBlock(started))).builtBy)).toBe(true);
  expect(await partsOf(world)).toEqual(["balancer-0 builder_late", "balancer-1 chosen"]);
  await until("the proxy has noticed", async () =>
    (await world.proxy("sequencer-0").status()).builders[0]?.state === "silent" ? true : undefined,
  );
  const next = await opNode.startBlock();
  expect(isBuilders((await opNode.insertBlock(await opNode.sealBlock(next))).builtBy)).toBe(true);
  expect(await partsOf(world)).toEqual(["balancer-0 not_needed", "balancer-1 chosen"]);
});

test("the first balancer is back: it sees all jobs again", async () => {
  await using world = await startBalancerWorld({ balancers: 2 });
  await world.balancer(0).kill();
  expect(isBuilders((await world.devnet.buildBlock()).builtBy)).toBe(true);
  await world.balancer(0).start();
  await until("the first balancer's block", async () => {
    expect(isBuilders((await world.devnet.buildBlock()).builtBy)).toBe(true);
    return (await world.lastDecision())?.builder === "balancer-0" ? true : undefined;
  });
});

test("the first balancer answers with HTTP 401: the second is used at once", async () => {
  await using world = await startBalancerWorld({ balancers: 2 });
  const { opNode } = world.devnet.leader();
  await world.builderBlock();
  await world.balancer(0).refuseTokens();
  expect(isBuilders((await opNode.sealBlock(await opNode.startBlock())).builtBy)).toBe(true);
  expect(await partsOf(world)).toEqual(["balancer-0 builder_refused", "balancer-1 chosen"]);
});

test("all balancers are gone: the execution client's blocks, no error, no failover", async () => {
  await using world = await startBalancerWorld({ balancers: 2 });
  await Promise.all([world.balancer(0).kill(), world.balancer(1).kill()]);
  for (let number = 1; number <= 3; number += 1) {
    const block = await world.devnet.buildBlock();
    expect(block).toMatchObject({ number, builtBy: "sequencer-0" });
  }
  expect(await world.lastDecision()).toMatchObject({ fallbackReason: "builder_unreachable", answered: true });
  expect((await fetch(`${world.proxy("sequencer-0").url}/healthz`)).status).toBe(200);
});
