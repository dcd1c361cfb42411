import { expect, test } from "vitest";
import type { ProxyStatus } from "../../proxy/contract/status.ts";
import { LANE_DEFAULTS } from "../../proxy/engine-api/lane.ts";
import type { ExecutionClient } from "../devnet/execution-client.ts";
import { OpNode } from "../devnet/op-node.ts";
import type { BlockRequest, BuiltBlock } from "../devnet/sequenced-block.ts";
import { until } from "../devnet/until.ts";
import { get } from "./http-calls.ts";
import { startSharedWorld } from "./shared-world.ts";
import { startWorld } from "./world.ts";

type Heard = { readonly method: string; readonly params: readonly unknown[] };

/** What a builder heard, in short: the block of a newPayload, the head of an FCU, and whether it asks for a block. */
const heard = (calls: readonly Heard[]): readonly string[] =>
  calls.flatMap(({ method, params: [first, attributes] }) => {
    const { blockHash, headBlockHash } = first as { readonly blockHash?: string; readonly headBlockHash?: string };
    if (method.startsWith("engine_newPayload")) return [`block ${blockHash}`];
    if (!method.startsWith("engine_forkchoiceUpdated")) return [];
    return [attributes === null ? `head ${headBlockHash}` : `job on ${headBlockHash}`];
  });

const engineCalls = (builder: { calls(method: string): readonly Heard[] }) => heard(builder.calls("engine_*"));

/** One block, its getPayload after the builder has taken the job: a builder that was away is not waited for, but has a slot's time. */
async function blockAfterSlot({ opNode, status }: { readonly opNode: OpNode; status(): Promise<ProxyStatus> }) {
  const started = await opNode.startBlock();
  await until("the job to be taken", async () =>
    (await status()).builders[0]?.state === "healthy" ? true : undefined,
  );
  return opNode.insertBlock(await opNode.sealBlock(started));
}

/** A block whose head op-conductor has confirmed: on a busy machine its answer may come too late, and then the next one counts. */
const confirmedBlock = (opNode: OpNode, builder: ExecutionClient, request: BlockRequest = {}): Promise<BuiltBlock> =>
  until("a confirmed head", async () => {
    const block = await opNode.buildBlock(request);
    const isHead = () => engineCalls(builder).includes(`head ${block.hash}`) || undefined;
    return (await until("the head at the builder", isHead, 1_000).catch(() => undefined)) && block;
  });

test("exclusive: a builder hears every block, every head and every job of its proxy", async () => {
  await using world = await startWorld();
  const first = await world.opNode.buildBlock();
  await until("the head at the builder", () => world.builder.block(first.hash));
  world.builder.forgetCalls();
  const derived = await world.opNode.buildBlock({ noTxPool: true });
  const last = await world.opNode.buildBlock();
  const says = [`block ${derived.hash}`, `job on ${derived.hash}`, `block ${last.hash}`, `head ${last.hash}`];
  await until("the last head", () => engineCalls(world.builder).includes(`head ${last.hash}`) || undefined);
  expect(engineCalls(world.builder).filter((call) => says.includes(call))).toEqual(says);
  expect(engineCalls(world.builder).filter((call) => call.startsWith("job"))).toEqual([`job on ${derived.hash}`]);
});

test("shared: a follower's proxy tells the builders nothing; the leader's tells jobs, its own blocks and confirmed heads (F-2)", async () => {
  await using world = await startSharedWorld();
  const [leader, follower] = world.sequencers;
  const confirmed = () => confirmedBlock(leader.opNode, world.builder);
  const [first, second] = await until("two confirmed blocks", async () => {
    const blocks = [await confirmed(), await confirmed()] as const;
    return blocks[1].number === blocks[0].number + 1 ? blocks : undefined;
  });
  expect(follower.executionClient.head().payload.blockHash).toBe(second.hash);
  expect(engineCalls(world.builder).slice(-5)).toEqual([
    `block ${first.hash}`,
    `head ${first.hash}`,
    `job on ${first.hash}`,
    `block ${second.hash}`,
    `head ${second.hash}`,
  ]);
});

test("shared: derived blocks (noTxPool) reach the builders as heads of the leader alone (E-13)", async () => {
  await using world = await startSharedWorld();
  const [leader] = world.sequencers;
  await confirmedBlock(leader.opNode, world.builder, { noTxPool: true });
  expect(engineCalls(world.builder).filter((call) => call.startsWith("job"))).toEqual([]);
});

test("takeover by a proxy that never built: it brings the builder what the leader before did not, and wins its first block", async () => {
  await using world = await startSharedWorld();
  const [old, next] = world.sequencers;
  await old.opNode.buildBlock();
  await world.builder.stop();
  const missed = [await old.opNode.buildBlock(), await old.opNode.buildBlock(), await old.opNode.buildBlock()];
  expect(missed.map((block) => block.builtBy)).toEqual(Array(3).fill("sequencer-0-el"));
  await world.builder.start();
  world.builder.forgetCalls();
  world.raft.lead(next.name);
  expect((await blockAfterSlot(next)).builtBy).toBe("rbuilder");
  const head = missed.at(-1)?.hash;
  const calls = engineCalls(world.builder);
  const untilJob = calls.slice(0, calls.indexOf(`job on ${head}`) + 1);
  expect(untilJob.slice(-4)).toEqual([...missed.map(({ hash }) => `block ${hash}`), `job on ${head}`]);
});

test("a builder that was away for 10 blocks wins again in the next, without a peer", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  await world.builder.stop();
  for (let away = 0; away < 10; away += 1) await world.opNode.buildBlock();
  await world.builder.start();
  expect((await blockAfterSlot(world)).builtBy).toBe("rbuilder");
});

test("a builder that is wired later, and never heard of the chain, wins the next block", async () => {
  await using world = await startWorld({ builders: ["a", "b"] });
  const { builders } = world.config();
  await world.push({ builders: builders.filter(({ name }) => name === "a") });
  for (let blocks = 0; blocks < 3; blocks += 1) await world.opNode.buildBlock();
  world.builderNamed("b").forgetChain();
  await world.push({ builders: builders.filter(({ name }) => name === "b") });
  expect((await blockAfterSlot(world)).builtBy).toBe("b");
});

test("a builder that comes back empty gets the kept blocks, and wins again in the next", async () => {
  await using world = await startWorld();
  for (let blocks = 0; blocks < 5; blocks += 1) await world.opNode.buildBlock();
  world.builder.forgetChain();
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
  expect((await blockAfterSlot(world)).builtBy).toBe("rbuilder");
});

test("a gap longer than what is kept is the builder's own business: it gets the head's block to sync to, and the job", async () => {
  await using world = await startWorld();
  for (let blocks = 0; blocks < 18; blocks += 1) await world.opNode.buildBlock();
  await world.builder.stop();
  world.builder.forgetChain();
  const head = await world.opNode.buildBlock();
  await world.builder.start();
  world.builder.forgetCalls();
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
  expect(engineCalls(world.builder).slice(1, 3)).toEqual([`block ${head.hash}`, `job on ${head.hash}`]);
  world.builder.peerWith(world.executionClient);
  await world.builderBlock();
});

test("the leader's proxy is restarted: the builder knows the parent already, and at most one of its blocks is lost", async () => {
  await using world = await startSharedWorld();
  const [leader] = world.sequencers;
  await leader.opNode.buildBlock();
  const started = await leader.opNode.startBlock();
  await leader.restartProxy();
  const block = await leader.opNode.insertBlock(await leader.opNode.sealBlock(started));
  expect(block.builtBy).toBe("sequencer-0-el");
  expect((await blockAfterSlot(leader)).builtBy).toBe("rbuilder");
});

test("an exclusive builder with its own op-node beside us, which is first or last to bring each block: it wins every block", async () => {
  await using world = await startWorld();
  await using beside = new OpNode({
    name: "rbuilder-node",
    engineUrl: world.builder.engineUrl,
    jwtSecret: world.builder.jwtSecret,
  });
  for (let block = 0; block < 6; block += 1) {
    const sealed = await world.opNode.sealBlock(await world.opNode.startBlock());
    const { executionPayload, parentBeaconBlockRoot } = sealed.envelope;
    const gossiped = (): Promise<void> => beside.receiveGossip({ executionPayload, parentBeaconBlockRoot });
    if (block % 2 === 0) await gossiped();
    expect((await world.opNode.insertBlock(sealed)).builtBy).toBe("rbuilder");
    await gossiped();
  }
  expect(beside.failures).toEqual([]);
});

test("a burst of 5,000 FCUs while the builder hangs: op-node gets every answer, and the job after it arrives", async () => {
  await using world = await startWorld();
  const head = await world.builderBlock();
  const lift = world.builder.fault("engine_*", { hang: true });
  world.builder.forgetCalls();
  const state = { headBlockHash: head.hash, safeBlockHash: head.parent.hash, finalizedBlockHash: head.parent.hash };
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 50; round += 1) {
    const calls = Array.from({ length: 100 }, () => world.opNode.call("engine_forkchoiceUpdatedV3", [state, null]));
    const kinds = (await Promise.all(calls)).map(({ kind }) => kind);
    expect(kinds.every((kind) => kind === "result")).toBe(true);
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  lift();
  expect((await world.builderBlock()).number).toBeLessThanOrEqual(head.number + 3);
  expect(world.builder.calls("engine_forkchoiceUpdated*").length).toBeLessThan(100);
});

/** Below what the hung builder's lane waits for one call: a job that waited for it would show. */
const JOB_DELAY_MAX_MS = 900;

test("a burst of 5,000 FCUs with a hung builder, a second builder and op-node's jobs in between: no job of the other builder is delayed or lost", async () => {
  await using world = await startWorld({ builders: ["hung", "good"] });
  const { opNode } = world;
  await world.builderBlock();
  world.builderNamed("hung").fault("*", { hang: true });
  let parent = await until("the hung one not to be waited for", async () => {
    const block = await opNode.buildBlock();
    return (await world.status()).builders[0]?.state === "silent" ? block : undefined;
  });
  // Slow enough that FCUs wait for it, and its jobs among them.
  world.builderNamed("good").fault("engine_forkchoiceUpdated*", { delayMs: 30 });
  const receivers = [world.builderNamed("good"), world.executionClient];
  const fcus = (headBlockHash: string, count: number) => {
    const state = { headBlockHash, safeBlockHash: parent.parent.hash, finalizedBlockHash: parent.parent.hash };
    return Array.from({ length: count }, () => opNode.call("engine_forkchoiceUpdatedV3", [state, null]));
  };
  const before = process.memoryUsage().arrayBuffers;
  for (let round = 0; round < 20; round += 1) {
    for (const receiver of receivers) receiver.forgetCalls();
    const burst = fcus(parent.hash, 125);
    const started = await opNode.startBlock();
    burst.push(...fcus(parent.hash, 125));
    const sealed = await opNode.sealBlock(started);
    const answers = await Promise.all(burst);
    expect(answers.every(({ kind }) => kind === "result")).toBe(true);
    const jobs = receivers.map((receiver) =>
      receiver.calls("engine_forkchoiceUpdated*").filter(({ params }) => params[1] !== null),
    );
    expect(jobs.map(heard)).toEqual(Array(2).fill([`job on ${parent.hash}`]));
    const [atGood = 0, atExecutionClient = 0] = jobs.flatMap((calls) => calls.map(({ receivedAtMs }) => receivedAtMs));
    expect(atGood - atExecutionClient).toBeLessThan(JOB_DELAY_MAX_MS);
    parent = await opNode.insertBlock(sealed);
    expect(parent.builtBy).toBe("good");
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
  const { text } = await get(`${world.urls.admin}/metrics`);
  const depths = [...text.matchAll(/^rollup_boost_builder_lane_depth\{.*\} (\d+)$/gm)].map(([, depth]) =>
    Number(depth),
  );
  expect([depths.length, Math.max(...depths) <= LANE_DEFAULTS.entriesMax]).toEqual([2, true]);
});
