import { expect, test } from "vitest";
import type { BlockDecision } from "../../proxy/contract/status.ts";
import { until } from "../devnet/until.ts";
import { startWorld, type World } from "./world.ts";

/** The decision on a payload id, which in a dry run comes after the reply. */
const decisionOn = (world: World, blockHash: string): Promise<BlockDecision> =>
  until("the decision", async () =>
    (await world.status()).lastDecisions.find((decision) => decision.blockHash === blockHash),
  );

/** Builds until a block of the builder could have been used: it follows the chain. */
const comparedBlock = (world: World): Promise<BlockDecision> =>
  until("a block to compare", async () => {
    const decision = await decisionOn(world, (await world.opNode.buildBlock()).hash);
    return decision.builders[0]?.outcome === "dry_run" ? decision : undefined;
  });

test.concurrent("dry_run: the builder gets everything, its block is compared, and never handed out", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  await world.push({ executionMode: "dry_run" });
  await comparedBlock(world);
  world.builder.forgetCalls();
  const block = await world.opNode.buildBlock();
  expect(block.builtBy).toBe("op-geth");
  expect(await decisionOn(world, block.hash)).toMatchObject({
    source: "execution_client",
    fallbackReason: "dry_run",
    builders: [{ builder: "rbuilder", outcome: "dry_run", answeredMs: expect.any(Number), userTransactions: 2 }],
  });
  await until("the builder to follow", () => world.builder.block(block.hash));
  expect(new Set(world.builder.calls().map(({ method }) => method))).toEqual(
    new Set(["engine_forkchoiceUpdatedV3", "engine_getPayloadV4", "engine_newPayloadV4"]),
  );
});

test.concurrent("dry_run: one block in ten is validated, after the reply", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  await world.push({ executionMode: "dry_run" });
  for (let count = 0; count < 12; count += 1) {
    const { blockNumber = 0, builders } = await comparedBlock(world);
    expect([blockNumber, builders[0]?.verdict]).toEqual([blockNumber, blockNumber % 10 === 0 ? "valid" : undefined]);
  }
});

test.concurrent("dry_run: an invalid block is seen in the sample, and op-node has its answer before the validation ends", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  await world.push({ executionMode: "dry_run" });
  for (let { blockNumber = 0 } = await comparedBlock(world); blockNumber % 10 !== 9; ) {
    blockNumber = (await comparedBlock(world)).blockNumber ?? 0;
  }
  const result = () => ({ status: "INVALID", latestValidHash: null, validationError: "state root mismatch" });
  world.executionClient.fault("engine_newPayload*", { times: 1, delayMs: 700, result });
  const sealed = await world.opNode.sealBlock(await world.opNode.startBlock());
  expect((await world.lastDecision())?.blockHash).not.toBe(sealed.hash);
  expect(await decisionOn(world, sealed.hash)).toMatchObject({
    fallbackReason: "dry_run",
    builders: [{ outcome: "validation_invalid", verdict: "invalid", detail: "state root mismatch" }],
  });
  expect((await world.opNode.insertBlock(sealed)).builtBy).toBe("op-geth");
});

test.concurrent("dry_run: a builder that hangs keeps nobody waiting", async () => {
  await using world = await startWorld({ timing: { builderDeadlineMs: 5_000, decisionDeadlineMs: 7_000 } });
  await world.builderBlock();
  await world.push({ executionMode: "dry_run" });
  await comparedBlock(world);
  world.builder.fault("engine_getPayload*", { hang: true });
  const sealed = await world.opNode.sealBlock(await world.opNode.startBlock());
  expect(sealed.builtBy).toBe("op-geth");
  expect((await world.lastDecision())?.blockHash).not.toBe(sealed.hash);
  expect(sealed.getPayloadMs).toBeLessThan(4_000);
});

test.concurrent("switched from dry_run to enabled within a job, its builder's block is handed out; the other way it is not", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  await world.push({ executionMode: "dry_run" });
  await comparedBlock(world);
  const toOpen = await world.opNode.startBlock();
  await world.push({ executionMode: "enabled" });
  expect((await world.opNode.insertBlock(await world.opNode.sealBlock(toOpen))).builtBy).toBe("rbuilder");
  await world.builderBlock();
  const toClose = await world.opNode.startBlock();
  await world.push({ executionMode: "dry_run" });
  const closed = await world.opNode.insertBlock(await world.opNode.sealBlock(toClose));
  expect(closed.builtBy).toBe("op-geth");
  expect(await decisionOn(world, closed.hash)).toMatchObject({ fallbackReason: "dry_run" });
});

test.concurrent("dry_run: the same id gets the same bytes again, also when it is enabled in between (E-16)", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  await world.push({ executionMode: "dry_run" });
  const started = await world.opNode.startBlock();
  const first = await world.opNode.sealBlock(started);
  await world.push({ executionMode: "enabled" });
  expect((await world.opNode.sealBlock(started)).envelope).toEqual(first.envelope);
});

test.concurrent("dry_run: a getPayload whose answer was lost is not answered with another block once it is enabled (E-16)", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  await world.push({ executionMode: "dry_run" });
  await comparedBlock(world);
  const started = await world.opNode.startBlock();
  world.executionClient.fault("engine_getPayload*", { times: 2, halfBody: true });
  await expect(world.opNode.sealBlock(started)).rejects.toThrow();
  await world.push({ executionMode: "enabled" });
  expect((await world.opNode.sealBlock(started)).builtBy).toBe("op-geth");
});
