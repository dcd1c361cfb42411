import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BlockDecision } from "../../proxy/contract/status.ts";
import type { SeenBlock } from "./chain/block-watch.ts";
import { disagreements, medianLatenessMs, missed, notBy, shownByContent, sourceByContent } from "./chain/findings.ts";
import { runSummary } from "./chain/run-summary.ts";
import { type Devnet, startDevnet } from "./stack/devnet.ts";

/** The first block needs op-node to start and to catch up with the wall clock. */
const FIRST_BUILDER_BLOCK_DEADLINE_MS = 30_000;
/** A builder that comes back fetches what it missed from its peer. */
const BUILDER_BACK_DEADLINE_MS = 60_000;

/** Less than a proxy would need that waits for its builder deadline in every block. */
const ON_TIME_BLOCK_TIMES = 0.2;

const owned = new AsyncDisposableStack();
let devnet: Devnet;
/** The last block that has been looked at: the next test begins there, so that no block is left out. */
let lookedAt: SeenBlock;
/** By payload id, as the proxy shows only the last ones. */
const decisions = new Map<string, BlockDecision>();

describe("op-node sequences through the proxy, with op-geth as execution client and as builder", () => {
  beforeAll(async () => {
    devnet = owned.use(await startDevnet());
    // The first blocks fill the time since genesis: their slots have passed, so the proxy asks nobody else for them.
    const first = await newestBuilderBlock(FIRST_BUILDER_BLOCK_DEADLINE_MS);
    lookedAt = first;
    owned.defer(() => console.log(runSummary(devnet.watch.above(first.number), [...decisions.values()])));
  });
  afterAll(() => owned.disposeAsync());

  test("30 consecutive blocks come from the builder, none missed", async () => {
    const blocks = await nextBlocks(30);
    await expectBy("builder", blocks);
    await expectNoneMissed();
  });

  test("the builder hangs: blocks go on from the execution client, on time, none missed", async () => {
    devnet.hangBuilder();
    const [, ...blocks] = await nextBlocks(8);
    await expectBy("execution_client", blocks);
    await expectNoneMissed();
    expect(blocks.map(fallbackReason)).toEqual(Array(7).fill("builder_late"));
  });

  test("the builder dies: blocks go on from the execution client, on time, none missed", async () => {
    await devnet.killBuilder();
    const [, ...blocks] = await nextBlocks(8);
    await expectBy("execution_client", blocks);
    await expectNoneMissed();
    expect(blocks.map(fallbackReason)).toEqual(Array(7).fill("builder_unreachable"));
  });

  test("the builder comes back: blocks come from the builder again, none missed", async () => {
    await devnet.restartBuilder();
    await newestBuilderBlock(BUILDER_BACK_DEADLINE_MS);
    const blocks = await nextBlocks(10);
    await expectBy("builder", blocks);
    await expectNoneMissed();
  });

  test("the builder hangs and goes on with its old connections: blocks come from the builder again, none missed", async () => {
    devnet.hangBuilder();
    const [, ...without] = await nextBlocks(5);
    devnet.continueBuilder();
    await newestBuilderBlock(BUILDER_BACK_DEADLINE_MS);
    const blocks = await nextBlocks(5);
    await expectBy("execution_client", without);
    await expectBy("builder", blocks);
    await expectNoneMissed();
  });
});

/** Waits for a head that the builder has built in time. */
const newestBuilderBlock = (deadlineMs: number): Promise<SeenBlock> =>
  devnet.watch.newestWhere(
    "a block of the builder is the head, on time",
    (newest) => sourceByContent(newest) === "builder" && missed([newest], devnet.blockTimeMs).length === 0,
    deadlineMs,
  );

/** Why the proxy did not hand out a builder's block; known once the status has been read. */
const fallbackReason = (block: SeenBlock): BlockDecision["fallbackReason"] =>
  [...decisions.values()].find((decision) => decision.blockHash === block.hash)?.fallbackReason;

/** Waits until `count` more blocks are on the chain and returns those. */
async function nextBlocks(count: number): Promise<readonly SeenBlock[]> {
  const from = devnet.watch.blocks.at(-1) ?? lookedAt;
  const last = from.number + count;
  // One more block time for each block than they need: whether they are on time is for `missed` to say.
  const deadlineMs = 2 * count * devnet.blockTimeMs;
  await devnet.watch.newestWhere(`block ${last} is on the chain`, (newest) => newest.number >= last, deadlineMs);
  return devnet.watch.above(from.number).slice(0, count);
}

/** All of these blocks are by that source. */
async function expectBy(source: BlockDecision["source"], blocks: readonly SeenBlock[]): Promise<void> {
  await readDecisions();
  expect(notBy(source, blocks, [...decisions.values()])).toEqual([]);
  expect(shownByContent(blocks)).toBeGreaterThan(blocks.length / 2);
}

/** All blocks since the last look are there, on time, and by whom the proxy's status says. */
async function expectNoneMissed(): Promise<void> {
  const blocks = [lookedAt, ...devnet.watch.above(lookedAt.number)];
  await readDecisions();
  lookedAt = blocks.at(-1) ?? lookedAt;
  expect(missed(blocks, devnet.blockTimeMs)).toEqual([]);
  expect(medianLatenessMs(blocks)).toBeLessThan(devnet.blockTimeMs * ON_TIME_BLOCK_TIMES);
  expect(disagreements(blocks, [...decisions.values()])).toEqual([]);
  expect(devnet.watch.reorged).toEqual([]);
}

async function readDecisions(): Promise<void> {
  for (const decision of (await devnet.proxyStatus()).lastDecisions) decisions.set(decision.payloadId, decision);
}
