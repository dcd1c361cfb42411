import { expect, test } from "vitest";
import type { Envelope, UnsafePayload } from "../devnet/execution-payload.ts";
import { OpNode } from "../devnet/op-node.ts";
import type { SealedBlock } from "../devnet/sequenced-block.ts";
import { until } from "../devnet/until.ts";
import { type SharedSequencer, type SharedWorld, startSharedWorld } from "./shared-world.ts";

/** The op-node of the shared builder itself. What it tells the builder, the sequencers' proxies neither see nor order. */
const besideOf = ({ builder }: SharedWorld): OpNode =>
  new OpNode({ name: "rbuilder-node", engineUrl: builder.engineUrl, jwtSecret: builder.jwtSecret });

const payloadOf = ({ envelope: { executionPayload, parentBeaconBlockRoot } }: SealedBlock): UnsafePayload => ({
  executionPayload,
  parentBeaconBlockRoot,
});

/** A job that op-node asks for once the builder has taken it, so that what comes between the two is this test's doing. */
async function jobAtBuilder({ builder }: SharedWorld, { opNode }: SharedSequencer) {
  const before = jobsAt(builder).length;
  const started = await opNode.startBlock();
  await until("the job at the builder", () => jobsAt(builder).length > before || undefined);
  return started;
}

const jobsAt = (builder: SharedWorld["builder"]) =>
  builder.calls("engine_forkchoiceUpdated*").filter(({ params }) => params[1] !== null);

const headOf = (builder: SharedWorld["builder"]): string => builder.head().payload.blockHash;

test("shared: a builder with its own op-node beside us, which is first or last to bring each block: it wins every block", async () => {
  await using world = await startSharedWorld();
  await using beside = besideOf(world);
  const [leader] = world.sequencers;
  for (let block = 0; block < 8; block += 1) {
    const sealed = await leader.opNode.sealBlock(await jobAtBuilder(world, leader));
    if (block % 2 === 0) await beside.receiveGossip(payloadOf(sealed));
    expect((await leader.opNode.insertBlock(sealed)).builtBy).toBe("rbuilder");
    await beside.receiveGossip(payloadOf(sealed));
    expect(headOf(world.builder)).toBe(sealed.hash);
  }
  expect(beside.failures).toEqual([]);
  expect(jobsAt(world.builder)).toHaveLength(8);
  expect((await leader.status()).builders).toMatchObject([{ name: "rbuilder", state: "healthy" }]);
});

test("shared: the op-node beside us is a block late, and names it while a job on the newer one is under way: the job stays", async () => {
  await using world = await startSharedWorld();
  await using beside = besideOf(world);
  const [leader] = world.sequencers;
  let late: SealedBlock | undefined;
  for (let block = 0; block < 6; block += 1) {
    const started = await jobAtBuilder(world, leader);
    if (late !== undefined) await beside.receiveGossip(payloadOf(late));
    const sealed = await leader.opNode.sealBlock(started);
    expect(sealed.builtBy).toBe("rbuilder");
    await leader.opNode.insertBlock(sealed);
    late = sealed;
  }
  expect((await leader.status()).blocks).toMatchObject({ builder: 6, unanswered: 0 });
});

test("shared: takeover by a proxy that never built, while the op-node beside us follows: the new leader wins its first block", async () => {
  await using world = await startSharedWorld();
  await using beside = besideOf(world);
  const [old, next] = world.sequencers;
  for (let block = 0; block < 3; block += 1) {
    const sealed = await old.opNode.sealBlock(await jobAtBuilder(world, old));
    await old.opNode.insertBlock(sealed);
    await beside.receiveGossip(payloadOf(sealed));
  }
  world.raft.lead(next.name);
  const sealed = await next.opNode.sealBlock(await jobAtBuilder(world, next));
  expect((await next.opNode.insertBlock(sealed)).builtBy).toBe("rbuilder");
  await beside.receiveGossip(payloadOf(sealed));
  expect((await next.opNode.sealBlock(await jobAtBuilder(world, next))).builtBy).toBe("rbuilder");
});

test("shared: the op-node beside us pulls the builder to another branch: the next job brings it back, and no block is missed", async () => {
  await using world = await startSharedWorld();
  await using beside = besideOf(world);
  const [leader, other] = world.sequencers;
  const first = await leader.opNode.buildBlock();
  // The other sequencer believes that it leads, and builds a block nobody commits.
  await until("both are on one head", () => other.opNode.unsafeHead?.hash === first.hash || undefined);
  const started = await other.opNode.startBlock({ attributes: { prevRandao: `0x${"ab".repeat(32)}` } });
  const reply = await other.opNode.call("engine_getPayloadV4", [started.payloadId]);
  if (reply.kind !== "result") throw new Error("the other sequencer has no block");
  const { executionPayload, parentBeaconBlockRoot } = reply.result as Envelope;
  world.builder.forgetCalls();
  for (let block = 0; block < 4; block += 1) {
    await beside.receiveGossip({ executionPayload, parentBeaconBlockRoot });
    expect(headOf(world.builder)).toBe(executionPayload.blockHash);
    const sealed = await leader.opNode.sealBlock(await jobAtBuilder(world, leader));
    expect(sealed.builtBy).toBe("rbuilder");
    await leader.opNode.insertBlock(sealed);
    expect(sealed.number).toBe(first.number + block + 1);
  }
  expect(jobsAt(world.builder)).toHaveLength(4);
});

test("shared: the builder comes back empty, further behind than what is kept: its own op-node brings the rest, and it wins again", async () => {
  await using world = await startSharedWorld();
  await using beside = besideOf(world);
  const [leader] = world.sequencers;
  const chain: UnsafePayload[] = [];
  for (let block = 0; block < 20; block += 1) {
    const sealed = await leader.opNode.sealBlock(await leader.opNode.startBlock());
    await leader.opNode.insertBlock(sealed);
    chain.push(payloadOf(sealed));
  }
  world.builder.forgetChain();
  const sealed = await leader.opNode.sealBlock(await jobAtBuilder(world, leader));
  expect(sealed.builtBy).toBe("sequencer-0-el");
  await leader.opNode.insertBlock(sealed);
  for (const payload of [...chain, payloadOf(sealed)]) await beside.receiveGossip(payload);
  await until("a block of the builder", async () => {
    const block = await leader.opNode.sealBlock(await jobAtBuilder(world, leader));
    await leader.opNode.insertBlock(block);
    return block.builtBy === "rbuilder" || undefined;
  });
  expect((await leader.status()).blocks).toMatchObject({ unanswered: 0 });
});
