import { expect } from "vitest";
import type { Devnet } from "../devnet/devnet.ts";
import { until } from "../devnet/until.ts";
import type { HaWorld } from "./ha-world.ts";

/** Whether op-conductor's health check of a sequencer's proxy gets its 200 (C-11: all else is unhealthy). */
export const isHealthy = async (world: HaWorld, sequencer: string): Promise<boolean> =>
  await fetch(`${world.proxy(sequencer).engineUrl}/healthz`).then(
    (answer) => answer.status === 200,
    () => false,
  );

/** The sequencer follows again: the leader's newest block is its execution client's head. */
export const followsAgain = (world: HaWorld, sequencer: string): Promise<unknown> =>
  world.blockUntil(
    `${sequencer} as a follower`,
    (block) => world.devnet.sequencer(sequencer).executionClient.head().payload.blockHash === block.hash,
  );

export const isByBuilder = ({ builtBy }: { readonly builtBy: string | undefined }): boolean =>
  builtBy?.startsWith("builder-") === true;

/** What both tables say of a leader whose rollup-boost fails: leadership moves, the next leader's builder builds, the old one follows. */
export async function leaderProxyFails(world: HaWorld): Promise<void> {
  const { devnet } = world;
  const before = await world.blockUntil("a builder's block", isByBuilder);
  await world.proxy("sequencer-0").kill();
  await expect(devnet.buildBlock()).rejects.toThrow();
  expect([await isHealthy(world, "sequencer-0"), await isHealthy(world, "sequencer-1")]).toEqual([false, true]);
  await devnet.transferLeader("sequencer-1");
  const next = await devnet.buildBlock();
  expect([next.sequencer, next.number]).toEqual(["sequencer-1", before.number + 1]);
  await world.blockUntil("a builder's block of the new leader", isByBuilder);
  await world.proxy("sequencer-0").start();
  await until("the old leader's proxy", async () => (await isHealthy(world, "sequencer-0")) || undefined);
  await followsAgain(world, "sequencer-0");
}

/** What both tables say of a follower whose rollup-boost fails: the leader is unaffected, the follower follows again. */
export async function followerProxyFails(world: HaWorld): Promise<void> {
  await world.blockUntil("a builder's block", isByBuilder);
  await world.proxy("sequencer-2").kill();
  const blocks = [await world.devnet.buildBlock(), await world.devnet.buildBlock()];
  expect(blocks.map(isByBuilder)).toEqual([true, true]);
  expect(await isHealthy(world, "sequencer-0")).toBe(true);
  await world.proxy("sequencer-2").start();
  await followsAgain(world, "sequencer-2");
}

/** Stops builders. */
export const stopBuilders = (devnet: Devnet, names: readonly string[]): Promise<unknown> =>
  Promise.all(names.map((name) => devnet.builder(name).stop()));

/** Starts builders again. */
export const startBuilders = (devnet: Devnet, names: readonly string[]): Promise<unknown> =>
  Promise.all(names.map((name) => devnet.builder(name).start()));
