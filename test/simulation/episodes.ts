import { digest } from "../devnet/hex.ts";
import { l1InfoDeposit } from "../devnet/next-attributes.ts";
import { blocksElsewhere } from "./blocks-elsewhere.ts";
import { NO_ID } from "./journal.ts";
import { refOf, type SimulatedOpNode, type Started } from "./simulated-op-node.ts";
import { sleep } from "./timeline.ts";

/** Something that happens between an op-node and its engine. */
export type Episode = (opNode: SimulatedOpNode) => Promise<unknown>;

/** One block as it should be (engine contract 2.3). */
export const block: Episode = async (opNode) => {
  const started = await opNode.start(opNode.attributes());
  if (started === undefined) return failed(opNode);
  await opNode.untilSeal(started);
  return await sealAndFinish(opNode, started);
};

/** op-node seals as soon as it has asked: it is late. */
const lateBlock: Episode = async (opNode) => {
  const started = await opNode.start(opNode.attributes());
  return started === undefined ? failed(opNode) : await sealAndFinish(opNode, started);
};

/** A derived block (E-13). */
const derivedBlock: Episode = async (opNode) => {
  const started = await opNode.start(opNode.attributes({ noTxPool: true }));
  return started === undefined ? failed(opNode) : await sealAndFinish(opNode, started);
};

/** Blocks for slots that are gone. */
const behind: Episode = async (opNode) => {
  await sleep(opNode.world.clock, opNode.world.dice.between(1, 3) * opNode.world.blockTimeMs);
  for (let left = opNode.world.dice.between(1, 3); left > 0; left -= 1) {
    const started = await opNode.start(opNode.attributes({}, true));
    if (started !== undefined) await sealAndFinish(opNode, started);
  }
};

/** The commit fails, so op-node asks for the same id again a second later (E-15). */
const commitRetried: Episode = async (opNode) => {
  const started = await opNode.start(opNode.attributes());
  if (started === undefined) return failed(opNode);
  await opNode.untilSeal(started);
  for (let left = opNode.world.dice.between(1, 2); left > 0; left -= 1) {
    await opNode.seal(started);
    await sleep(opNode.world.clock, opNode.world.dice.pick([50, 1_000]));
  }
  return await sealAndFinish(opNode, started);
};

/** The same getPayload several times while the first is not answered. */
const askedAtOnce: Episode = async (opNode) => {
  const started = await opNode.start(opNode.attributes());
  if (started === undefined) return failed(opNode);
  await opNode.untilSeal(started);
  const others = Array.from({ length: opNode.world.dice.between(1, 3) }, async () => {
    await sleep(opNode.world.clock, opNode.world.dice.between(0, 120));
    return await opNode.seal(started);
  });
  await sealAndFinish(opNode, started);
  return await Promise.all(others);
};

/** The same attributes again: before the block was fetched, and after. */
const attributesRepeated: Episode = async (opNode) => {
  const attributes = opNode.attributes();
  const started = await opNode.start(attributes);
  if (started === undefined) return failed(opNode);
  if (opNode.world.dice.oneIn(2)) await opNode.start(attributes);
  await opNode.untilSeal(started);
  await opNode.seal(started);
  await sleep(opNode.world.clock, opNode.world.dice.between(0, 500));
  const again = await opNode.start(attributes);
  return again === undefined ? failed(opNode) : await sealAndFinish(opNode, again);
};

/** The execution client does not take the block that was handed out; op-node asks for the same again (engine contract 2.4). */
const rejectedBlock: Episode = async (opNode) => {
  const attributes = opNode.attributes();
  const started = await opNode.start(attributes);
  if (started === undefined) return failed(opNode);
  await opNode.untilSeal(started);
  const payload = await opNode.seal(started);
  if (payload === undefined) return failed(opNode);
  opNode.sequencer.executionClient.forced = {
    method: "engine_newPayload",
    fault: {
      kind: "result",
      change: () => ({
        status: opNode.world.dice.pick(["INVALID", "SYNCING", "ACCEPTED"]),
        latestValidHash: null,
        validationError: null,
      }),
    },
  };
  await opNode.newPayload(payload);
  if (opNode.world.dice.oneIn(2)) await opNode.seal(started);
  const again = await opNode.start(attributes);
  return again === undefined ? failed(opNode) : await sealAndFinish(opNode, again);
};

/** Another L1 origin on the same parent: other attributes, another id; the job before is cancelled by a getPayload (E-15). */
const l1OriginChanged: Episode = async (opNode) => {
  const first = await opNode.start(opNode.attributes());
  if (first !== undefined && opNode.world.dice.oneIn(2)) await opNode.seal(first);
  const transactions = [l1InfoDeposit(opNode.head.number + 1_000n), l1InfoDeposit(opNode.head.number + 2_000n)];
  const second = await opNode.start(
    opNode.attributes({ transactions: transactions.slice(0, opNode.world.dice.between(1, 2)) }),
  );
  if (second === undefined) return failed(opNode);
  await opNode.untilSeal(second);
  return await sealAndFinish(opNode, second);
};

/** Two ids whose block is the same: zeros stand for the chain's own parameters (V-10, V-14). */
const defaultsSpelledOut: Episode = async (opNode) => {
  const zeros = await opNode.start(opNode.attributes({ eip1559Params: "0x0000000000000000" }));
  if (zeros === undefined) return failed(opNode);
  await opNode.untilSeal(zeros);
  await opNode.seal(zeros);
  const spelled = await opNode.start({ ...zeros.attributes, eip1559Params: "0x000000fa00000006" });
  return spelled === undefined ? failed(opNode) : await sealAndFinish(opNode, spelled);
};

/** Many FCUs at once, then a block in time. */
const burst: Episode = async (opNode) => {
  const { dice, clock } = opNode.world;
  const many = Array.from({ length: dice.between(20, 120) }, async () => {
    await sleep(clock, dice.between(0, 40));
    return await opNode.forkchoice(opNode.head.hash);
  });
  await sleep(clock, 50);
  await block(opNode);
  return await Promise.all(many);
};

/** More jobs than are kept, none fetched but one of the first and the last. */
const manyJobs: Episode = async (opNode) => {
  const starts: Started[] = [];
  for (let left = 70; left > 0; left -= 1) {
    const started = await opNode.start(
      opNode.attributes({ prevRandao: digest("randao", String(left), opNode.head.hash) }),
    );
    if (started !== undefined) starts.push(started);
  }
  for (const started of starts.slice(0, 1)) await opNode.seal(started);
  const last = starts.at(-1);
  return last === undefined ? failed(opNode) : await sealAndFinish(opNode, last);
};

/** Blocks that another sequencer made. */
const follow: Episode = async (opNode) => {
  const made = blocksElsewhere(opNode, opNode.world.dice.between(1, 4));
  if (opNode.world.dice.oneIn(3)) await Promise.all(made.map((payload) => opNode.newPayload(payload)));
  for (const payload of made) await opNode.insert(payload);
};

/** The head goes back, and a sibling is built (F-2). */
const reorg: Episode = async (opNode) => {
  const { chain } = opNode.sequencer.executionClient.client;
  const head = chain.block(opNode.head.hash);
  const parent = head && chain.block(head.payload.parentHash);
  if (parent === undefined || !(await opNode.forkchoice(parent.payload.blockHash))) return failed(opNode);
  opNode.head = refOf(parent);
  return await block(opNode);
};

/** Calls that are not the proxy's business, or of no shape at all: the execution client's answer each time. */
const strangeCalls: Episode = async (opNode) => {
  const { dice } = opNode.world;
  await opNode.call("eth_getBlockByNumber", ["latest", false]);
  await opNode.call("engine_exchangeCapabilities", [[]]);
  await opNode.call(
    "engine_getPayloadV4",
    dice.pick([[], [5], ["0x"], [null], [`0x${"1".repeat(500)}`], ["0x0300000000000001"]]),
  );
  await opNode.call(
    "engine_forkchoiceUpdatedV3",
    dice.pick([[], [null, null], [{ headBlockHash: 3 }, null], [{}, {}]]),
  );
  await opNode.call("engine_newPayloadV4", dice.pick([[], [{}], [{ blockHash: 1 }, [], "0x", []]]));
  const raw = dice.pick([
    "",
    "{",
    '[{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}]',
    '{"jsonrpc":"2.0","method":"engine_getPayloadV4","params":["0x01"]}',
    '{"jsonrpc":"2.0","id":9,"method":"engine_getPayl\\u006fadV4","params":["0x01"]}',
    '{"jsonrpc":"2.0","id":9,"id":8,"method":"engine_getPayloadV4","params":["0x01"]}',
  ]);
  await opNode.send(Buffer.from(raw), { id: NO_ID, method: "raw", params: [] });
};

/** The proxy's process is replaced, between two blocks or in the middle of one. */
const proxyRestarted: Episode = async (opNode) => {
  const started = await opNode.start(opNode.attributes());
  await opNode.sequencer.restart();
  return started === undefined ? failed(opNode) : await sealAndFinish(opNode, started);
};

/** What an op-node does, each as often as it stands here. */
export const EPISODES: readonly [Episode, ...Episode[]] = [
  ...[block, block, block, block, block, block, block, block],
  ...[lateBlock, lateBlock, derivedBlock, behind, commitRetried, commitRetried, askedAtOnce, askedAtOnce],
  ...[attributesRepeated, attributesRepeated, rejectedBlock, rejectedBlock, l1OriginChanged, l1OriginChanged],
  ...[defaultsSpelledOut, burst, follow, follow, reorg, strangeCalls, proxyRestarted],
] as [Episode, ...Episode[]];

/** Takes long to simulate, so it comes seldom. */
export const SELDOM: Episode = manyJobs;

async function sealAndFinish(opNode: SimulatedOpNode, started: Started): Promise<boolean> {
  const payload = await opNode.seal(started);
  const isIn = payload !== undefined && (await opNode.finish(payload));
  if (!isIn) await failed(opNode);
  return isIn;
}

/** op-node waits, and looks where its engine is. */
async function failed(opNode: SimulatedOpNode): Promise<void> {
  await sleep(opNode.world.clock, 1_000);
  opNode.reset();
}
