import { describe, expect, test } from "vitest";
import type { Envelope } from "../devnet/execution-payload.ts";
import { bytesOf } from "../devnet/hex.ts";
import { isByBuilder } from "./ha-rows.ts";
import { startHaWorld } from "./ha-world.ts";
import { call } from "./http-calls.ts";
import { startWorld, type World } from "./world.ts";

const builders = ["alpha", "beta", "gamma"];

/** op-node makes three more blocks: it does not stall. */
async function goesOn(world: World, from: number): Promise<void> {
  for (const number of [from + 1, from + 2, from + 3]) expect((await world.opNode.buildBlock()).number).toBe(number);
}

describe("a commit is retried with n builders", () => {
  test("the same id gets the same bytes, though the chosen builder is gone and another now has a fuller block (E-16)", async () => {
    await using world = await startWorld({ builders });
    const lift = world.builderNamed("alpha").fault("engine_getPayload*", { error: { code: -38_001, message: "no" } });
    const started = await world.opNode.startBlock();
    const first = await world.opNode.sealBlock(started);
    expect(first.builtBy).toBe("beta");
    lift();
    await world.builderNamed("beta").stop();
    const again = await world.opNode.sealBlock(started);
    expect(again.envelope).toEqual(first.envelope);
    await goesOn(world, (await world.opNode.insertBlock(again)).number);
  });

  test.each([
    ["refused", { times: 1, error: { code: -32_000, message: "timeout" } }],
    ["applied, and its answer lost (F-3)", { times: 1, halfBody: true }],
  ])("op-conductor's commit was %s: what is committed in the end is what goes on the chain", async (_, fault) => {
    await using world = await startHaWorld("n-builders");
    const { devnet } = world;
    const { number } = await world.blockUntil("a builder's block", isByBuilder);
    const { opNode, conductor } = devnet.leader();
    conductor.fault("conductor_commitUnsafePayload", fault);
    const started = await opNode.startBlock();
    await expect(opNode.sealBlock(started)).rejects.toMatchObject({ step: "commit" });
    const block = await opNode.insertBlock(await opNode.sealBlock(started));
    expect([block.number, devnet.raft.committed?.executionPayload.blockHash]).toEqual([number + 1, block.hash]);
    expect((await devnet.buildBlock()).number).toBe(number + 2);
  });
});

describe("a rejected block does not come again, and no other builder's in its place", () => {
  test.each([
    ["op-node asks for the same id", false],
    ["op-node sends the same attributes", true],
  ])("%s: the execution client's, and the chain goes on", async (_, sendsAttributes) => {
    await using world = await startWorld({ builders });
    const started = await world.opNode.startBlock();
    const rejected = await world.opNode.sealBlock(started);
    expect(rejected.builtBy).toBe("alpha");
    const lift = world.executionClient.fault("engine_newPayload*", {
      result: () => ({ status: "INVALID", latestValidHash: null, validationError: "bad" }),
    });
    await expect(world.opNode.insertBlock(rejected)).rejects.toThrow("INVALID");
    lift();
    const again = sendsAttributes ? await world.opNode.startBlock({ attributes: started.attributes }) : started;
    expect(again.payloadId).toBe(started.payloadId);
    const sealed = await world.opNode.sealBlock(again);
    expect(sealed.builtBy).toBe("op-geth");
    expect(await world.lastDecision()).toMatchObject({ fallbackReason: "rejected_before" });
    const repeated = await world.opNode.sealBlock(again);
    expect(repeated.envelope).toEqual(sealed.envelope);
    await goesOn(world, (await world.opNode.insertBlock(sealed)).number);
    expect((await world.lastDecision())?.source).toBe("builder");
  });
});

test("the L1 origin changes on the same parent: another id, a block with the new deposits, and the old one never again", async () => {
  await using world = await startWorld({ builders });
  const old = await world.opNode.startBlock();
  const oldBlock = await world.opNode.sealBlock(old);
  const deposit = `${old.attributes.transactions?.[0]?.slice(0, -4)}beef`;
  const attributes = { ...old.attributes, prevRandao: bytesOf(0x10, 32), transactions: [deposit] };
  const next = await world.opNode.startBlock({ attributes });
  expect(next.payloadId).not.toBe(old.payloadId);
  const sealed = await world.opNode.sealBlock(next);
  expect([sealed.builtBy, sealed.envelope.executionPayload.transactions[0]]).toEqual(["alpha", deposit]);
  expect(sealed.hash).not.toBe(oldBlock.hash);
  await goesOn(world, (await world.opNode.insertBlock(sealed)).number);
});

describe("a block that was handed out for another id (V-14, rollup-boost#306)", () => {
  test("comes again from the best builder: the next best builder's block is used", async () => {
    await using world = await startWorld({ builders });
    const first = await world.opNode.sealBlock(await world.opNode.startBlock());
    expect(first.builtBy).toBe("alpha");
    const repeats = { envelope: (): Envelope => first.envelope, reseal: "nothing" as const };
    world.builderNamed("alpha").fault("engine_getPayload*", repeats);
    // Zero stands for the chain's own parameters: another id for the same block.
    const attributes = { ...first.attributes, eip1559Params: "0x0000000000000000" };
    const started = await world.opNode.startBlock({ attributes });
    const { executionPayload } = (
      (await world.engine(call("engine_getPayloadV4", [started.payloadId]))).json() as { readonly result: Envelope }
    ).result;
    expect(executionPayload.blockHash).not.toBe(first.hash);
    expect((await world.lastDecision())?.builders[0]).toMatchObject({ outcome: "repeated_block", detail: "V-14" });
  });

  test("is the execution client's own, twice: op-node gets it, for an error would stall it", async () => {
    await using world = await startWorld({ builders });
    for (const name of builders) await world.builderNamed(name).stop();
    const first = await world.opNode.sealBlock(await world.opNode.startBlock());
    expect(first.builtBy).toBe("op-geth");
    const repeats = { envelope: (): Envelope => first.envelope, reseal: "nothing" as const };
    const lift = world.executionClient.fault("engine_getPayload*", repeats);
    const attributes = { ...first.attributes, eip1559Params: "0x0000000000000000" };
    const second = await world.opNode.sealBlock(await world.opNode.startBlock({ attributes }));
    expect(second.hash).toBe(first.hash);
    lift();
    await goesOn(world, (await world.opNode.insertBlock(second)).number);
    expect((await world.status()).blocks.unanswered).toBe(0);
  });
});
