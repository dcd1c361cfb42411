import type { Block } from "../devnet/execution-payload.ts";
import type { ForkRules } from "../devnet/fork.ts";
import { l1InfoDeposit } from "../devnet/next-attributes.ts";
import { TROUBLES } from "./balancer-hands.ts";
import { block, EPISODES, SELDOM } from "./episodes.ts";
import { BALANCED_HANDS, HANDS, meddle } from "./hands.ts";
import type { Journal } from "./journal.ts";
import type { SimulatedOpNode } from "./simulated-op-node.ts";
import { pass, sleep } from "./timeline.ts";
import { newWorld, type World } from "./world.ts";

/** What a seed's run was, and what happened in it. */
export type Run = Pick<World, "seed" | "weather" | "blockTimeMs"> & {
  readonly balancers: readonly string[];
  readonly journal: Journal;
  readonly rules: ForkRules;
  /** A block that a sequencer's execution client knows. */
  readonly blockOf: (sequencer: string, hash: string) => Block | undefined;
};

/** Above the longest deadline there is: what is left then is left for ever. */
const QUIET_MS = 35_000;

/** Runs the world of a seed to its end. The same seed, the same run. */
export async function simulate(seed: number): Promise<Run> {
  const world = newWorld(seed);
  const { journal, timeline, clock, opNodes, sequencers, balancers } = world;
  const rejected = (error: unknown): void => void journal.violations.push(`unhandled rejection: ${String(error)}`);
  process.on("unhandledRejection", rejected);
  try {
    let isOver = false;
    const played = Promise.all([
      play(world).then(() => {
        isOver = true;
      }),
      hands(world, () => isOver),
    ]);
    await pass(timeline, played);
    for (const { idle } of opNodes.map((opNode) => ({ idle: world.gossiped.get(opNode) })))
      await pass(timeline, idle ?? Promise.resolve());
    await pass(timeline, Promise.all([...sequencers, ...balancers].map((each) => each.close())));
    await pass(timeline, sleep(clock, QUIET_MS));
    const left = [...sequencers, ...balancers].map((each) => each.left);
    journal.left = {
      alarms: left.reduce((sum, { alarms }) => sum + alarms, 0),
      connections: left.reduce((sum, { connections }) => sum + connections, 0),
    };
  } finally {
    process.off("unhandledRejection", rejected);
  }
  return {
    seed,
    weather: world.weather,
    blockTimeMs: world.blockTimeMs,
    balancers: balancers.map(({ name }) => name),
    journal,
    rules: world.rules,
    blockOf: (name, hash) =>
      sequencers.find((sequencer) => sequencer.name === name)?.executionClient.client.chain.block(hash),
  };
}

function hands(world: World, isOver: () => boolean): Promise<void> {
  switch (world.weather) {
    case "calm":
      return Promise.resolve();
    case "balancers":
      return meddle(world, TROUBLES, isOver);
    case "any":
      return meddle(world, world.balancers.length > 0 ? BALANCED_HANDS : HANDS, isOver);
  }
}

/** The leader makes blocks, the others follow; leadership moves now and then. */
async function play(world: World): Promise<void> {
  const { dice, opNodes, clock, journal, gossiped, leadership, balancers, weather } = world;
  const isCalm = weather !== "any";
  let [leader] = opNodes;
  const rivalry: Promise<void>[] = [];
  for (let left = dice.between(4, 14); left > 0 && leader !== undefined; left -= 1) {
    const episode = isCalm ? block : dice.oneIn(120) ? SELDOM : dice.pick(EPISODES);
    journal.events.push({ atMs: clock.monotonicMs(), text: `${leader.sequencer.name}: ${episode.name}` });
    const other = opNodes.find((opNode) => opNode !== leader);
    if (balancers.length > 0 && other !== undefined && dice.oneIn(3)) rivalry.push(rivals(other, world));
    await episode(leader);
    if (other !== undefined && dice.oneIn(4)) {
      const before: SimulatedOpNode = leader;
      leader = other;
      await gossiped.get(leader);
      leadership.name = leader.sequencer.name;
      if (dice.oneIn(2)) void stays(before, gossiped);
      journal.events.push({ atMs: clock.monotonicMs(), text: `${leader.sequencer.name} leads` });
    }
  }
  await Promise.all(rivalry);
}

/** stopSequencer has failed long ago: another asks for a block of the same slot, with an L1 origin of its own. */
async function rivals(opNode: SimulatedOpNode, world: World): Promise<void> {
  const { dice, clock, gossiped, blockTimeMs, conductors } = world;
  // Most of the time nobody can tell it that it does not lead.
  const conductor = conductors.find(({ name }) => name.endsWith(opNode.sequencer.name));
  if (conductor !== undefined && !dice.oneIn(3)) conductor.weather = { ...conductor.weather, down: true };
  await sleep(clock, dice.oneIn(2) ? 0 : dice.between(0, blockTimeMs));
  await stays(opNode, gossiped, dice.oneIn(3) ? undefined : [l1InfoDeposit(opNode.head.number + 500n)]);
  if (conductor !== undefined) conductor.weather = { ...conductor.weather, down: false };
}

/** stopSequencer has failed: the old leader asks for one more block, and cannot commit it (F-1, C-14). */
async function stays(
  opNode: SimulatedOpNode,
  gossiped: World["gossiped"],
  transactions?: readonly string[],
): Promise<void> {
  const attributes = opNode.attributes(transactions === undefined ? {} : { transactions: [...transactions] });
  const asking = opNode.start(attributes).then(async (started) => {
    if (started !== undefined) await opNode.seal(started);
  });
  gossiped.set(
    opNode,
    Promise.all([gossiped.get(opNode), asking]).then(() => {}),
  );
  await asking;
}
