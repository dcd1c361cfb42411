import { expect, test } from "vitest";
import { until } from "../devnet/until.ts";
import { jobsWaiting, randao } from "./jobs-waiting.ts";
import { startWorld } from "./world.ts";

test.concurrent("the emergency shut-off takes effect on the next getPayload, also of a job that has started; nothing reaches the builder", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  const started = await world.opNode.startBlock();
  expect(await world.push({ executionMode: "disabled" })).toMatchObject({ outcome: "accepted" });
  world.builder.forgetCalls();
  const block = await world.opNode.insertBlock(await world.opNode.sealBlock(started));
  expect(block.builtBy).toBe("op-geth");
  expect(await world.lastDecision()).toMatchObject({ fallbackReason: "disabled" });
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
  expect((await world.opNode.buildBlock({ noTxPool: true })).builtBy).toBeUndefined();
  expect(world.builder.calls()).toEqual([]);
  expect(await world.status()).toMatchObject({
    executionMode: "disabled",
    blocks: { byFallbackReason: { disabled: 3 } },
  });
});

test.concurrent("released: the builder hears of the chain again and its blocks are used", async () => {
  await using world = await startWorld();
  world.builder.peerWith(world.executionClient);
  await world.push({ executionMode: "disabled" });
  await world.opNode.buildBlock();
  const started = await world.opNode.startBlock();
  await world.push({ executionMode: "enabled" });
  expect((await world.opNode.insertBlock(await world.opNode.sealBlock(started))).builtBy).toBe("op-geth");
  await world.builderBlock();
});

test.concurrent("calls that wait for a builder that hangs are not sent once it is shut off", async () => {
  await using world = await startWorld();
  const lift = await jobsWaiting(world);
  await world.push({ executionMode: "disabled" });
  lift();
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
  await world.push({ executionMode: "enabled" });
  await world.opNode.startBlock({ attributes: { prevRandao: randao("02") } });
  const jobs = await until("the job after the release", () => {
    const calls = world.builder.calls("engine_forkchoiceUpdatedV3");
    return JSON.stringify(calls.at(-1)?.params).includes(randao("02")) ? calls : undefined;
  });
  expect(jobs.map(({ params }) => JSON.stringify(params).includes(randao("01")))).not.toContain(true);
});

test.concurrent("it outlives the process", async () => {
  await using world = await startWorld();
  await world.push({ executionMode: "disabled" });
  await world.restartProxy();
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
  expect(world.builder.calls()).toEqual([]);
});
