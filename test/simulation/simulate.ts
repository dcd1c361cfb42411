import { type ConfigFile, defaultSelection } from "../../proxy/contract/config-file.ts";
import type { Block, UnsafePayload } from "../devnet/execution-payload.ts";
import { type Fork, type ForkRules, forks } from "../devnet/fork.ts";
import { genesisBlock } from "../devnet/genesis.ts";
import type { JsonRpcMethods } from "../devnet/json-rpc.ts";
import { documentOf } from "../unit/proxy/kit/document.ts";
import { type Dice, diceOf } from "./dice.ts";
import { block, EPISODES, SELDOM } from "./episodes.ts";
import { type HandsWorld, meddle } from "./hands.ts";
import { Journal } from "./journal.ts";
import type { Party } from "./scripted-upstream.ts";
import { SimulatedClient } from "./simulated-client.ts";
import { type OpNodeWorld, SimulatedOpNode } from "./simulated-op-node.ts";
import { SimulatedSequencer } from "./simulated-sequencer.ts";
import { pass, START_MS, sleep, Timeline } from "./timeline.ts";
import { calmWeather, drawWeather } from "./upstream-faults.ts";

/** What a seed's run was, and what happened in it. */
export type Run = {
  readonly seed: number;
  readonly isCalm: boolean;
  readonly blockTimeMs: number;
  readonly journal: Journal;
  readonly rules: ForkRules;
  /** A block that a sequencer's execution client knows. */
  readonly blockOf: (sequencer: string, hash: string) => Block | undefined;
};

/** One run in so many has no fault at all: then every block must be a builder's. */
const CALM_ONE_IN = 10;

/** Above the longest deadline there is: what is left then is left for ever. */
const QUIET_MS = 35_000;

const FORKS: readonly [Fork, ...Fork[]] = ["jovian", "jovian", "karst", "isthmus"];

/** Runs the world of a seed to its end. The same seed, the same run. */
export async function simulate(seed: number): Promise<Run> {
  const dice = diceOf(seed);
  const isCalm = dice.oneIn(CALM_ONE_IN);
  const world = newWorld(seed, dice, isCalm);
  const { journal, timeline, clock, opNodes, sequencers } = world;
  const rejected = (error: unknown): void => void journal.violations.push(`unhandled rejection: ${String(error)}`);
  process.on("unhandledRejection", rejected);
  try {
    let isOver = false;
    const played = Promise.all([
      play(world, isCalm).then(() => {
        isOver = true;
      }),
      isCalm ? undefined : meddle(world, () => isOver),
    ]);
    await pass(timeline, played);
    for (const { idle } of opNodes.map((opNode) => ({ idle: world.gossiped.get(opNode) })))
      await pass(timeline, idle ?? Promise.resolve());
    await pass(timeline, Promise.all(sequencers.map((sequencer) => sequencer.close())));
    await pass(timeline, sleep(clock, QUIET_MS));
    const left = sequencers.map((sequencer) => sequencer.left);
    journal.left = {
      alarms: left.reduce((sum, { alarms }) => sum + alarms, 0),
      connections: left.reduce((sum, { connections }) => sum + connections, 0),
    };
  } finally {
    process.off("unhandledRejection", rejected);
  }
  return {
    seed,
    isCalm,
    blockTimeMs: world.blockTimeMs,
    journal,
    rules: world.rules,
    blockOf: (name, hash) =>
      sequencers.find((sequencer) => sequencer.name === name)?.executionClient.client.chain.block(hash),
  };
}

type World = HandsWorld & {
  readonly opNodes: readonly SimulatedOpNode[];
  readonly gossiped: Map<SimulatedOpNode, Promise<void>>;
  readonly blockTimeMs: number;
  readonly rules: ForkRules;
  /** Who leads, as every op-conductor knows. */
  readonly leadership: { name: string };
};

/** The leader makes blocks, the others follow; leadership moves now and then. */
async function play({ dice, opNodes, clock, journal, gossiped, leadership }: World, isCalm: boolean): Promise<void> {
  let [leader] = opNodes;
  for (let left = dice.between(4, 14); left > 0 && leader !== undefined; left -= 1) {
    const episode = isCalm ? block : dice.oneIn(120) ? SELDOM : dice.pick(EPISODES);
    journal.events.push({ atMs: clock.monotonicMs(), text: `${leader.sequencer.name}: ${episode.name}` });
    await episode(leader);
    if (opNodes.length > 1 && dice.oneIn(4)) {
      const before: SimulatedOpNode = leader;
      leader = opNodes.find((opNode) => opNode !== before) ?? before;
      await gossiped.get(leader);
      leadership.name = leader.sequencer.name;
      if (dice.oneIn(2)) void stays(before, gossiped);
      journal.events.push({ atMs: clock.monotonicMs(), text: `${leader.sequencer.name} leads` });
    }
  }
}

/** stopSequencer has failed: the old leader asks for one more block, and cannot commit it (F-1, C-14). */
async function stays(opNode: SimulatedOpNode, gossiped: World["gossiped"]): Promise<void> {
  const asking = opNode.start(opNode.attributes()).then(async (started) => {
    if (started !== undefined) await opNode.seal(started);
  });
  gossiped.set(
    opNode,
    Promise.all([gossiped.get(opNode), asking]).then(() => {}),
  );
  await asking;
}

function newWorld(seed: number, dice: Dice, isCalm: boolean): World {
  const timeline = new Timeline();
  const clock = timeline.clock();
  const journal = new Journal();
  const fork = dice.pick(FORKS);
  const rules = forks[fork];
  const blockTimeMs = dice.pick([1_000, 2_000]);
  const genesis = genesisBlock(rules, START_MS / 1_000);
  const leadership = { name: "sequencer-0" };
  const party = (name: string, isBuilder: boolean, stream: number, methods: JsonRpcMethods = {}): Party => {
    const partyDice = diceOf(seed, stream);
    return {
      client: new SimulatedClient(
        name,
        { genesis, rules },
        { isBuilder, transactions: isBuilder ? dice.between(2, 5) : dice.between(1, 2), methods },
      ),
      isBuilder,
      rules,
      dice: partyDice,
      weather: isCalm ? calmWeather() : drawWeather(partyDice, isBuilder),
      forced: undefined,
    };
  };
  const names = dice.oneIn(3) && !isCalm ? (["sequencer-0", "sequencer-1"] as const) : (["sequencer-0"] as const);
  const builders = Array.from({ length: dice.between(1, 3) }, (_, index) =>
    party(`builder-${index}`, true, 10 + index),
  );
  const clients = names.map((name, index) => party(`el-of-${name}`, false, 20 + index));
  const conductors = names.map((name, index) =>
    party(`conductor-of-${name}`, false, 30 + index, { conductor_leader: () => leadership.name === name }),
  );
  const driving = dice.oneIn(2) ? "shared" : "exclusive";
  const parties = new Map([...builders, ...clients, ...conductors].map((each) => [each.client.name, each]));
  const partyAt = (url: string): Party => {
    const found = parties.get(new URL(url).hostname);
    if (found === undefined) throw new Error(`nobody is at ${url}`);
    return found;
  };
  const [first, ...rest] = clients.map((client, index) => {
    const config = configOf(names[index] ?? "", client, {
      blockTimeMs,
      driving,
      minGasUsedPercent: isCalm ? 0 : dice.pick([0, 0, 80]),
      builders: index === 0 || driving === "shared" ? builders : [],
    });
    return new SimulatedSequencer(config, client, { timeline, journal, party: partyAt });
  });
  if (first === undefined) throw new Error("no sequencer");
  const sequencers = [first, ...rest] as const;
  const gossiped = new Map<SimulatedOpNode, Promise<void>>();
  const shared = { clock, journal, dice, fork, rules, genesis, blockTimeMs };
  const ids = { next: 1_000 };
  const opNodes: SimulatedOpNode[] = sequencers.map((sequencer) => {
    const gossip = (payload: UnsafePayload): void => {
      for (const other of opNodes) if (other.sequencer !== sequencer) receive(other, payload, gossiped, dice);
    };
    const opNodeWorld: OpNodeWorld = { ...shared, gossip };
    return new SimulatedOpNode(sequencer, opNodeWorld, ids);
  });
  return {
    dice: diceOf(seed, 1),
    clock,
    timeline,
    journal,
    sequencers,
    builders,
    conductors,
    leadership,
    opNodes,
    gossiped,
    blockTimeMs,
    rules,
  };
}

/** A follower takes gossiped blocks in one by one, and derives one now and then (E-13, E-14). */
function receive(
  opNode: SimulatedOpNode,
  payload: UnsafePayload,
  gossiped: Map<SimulatedOpNode, Promise<void>>,
  dice: Dice,
): void {
  const before = gossiped.get(opNode) ?? Promise.resolve();
  const take = async (): Promise<void> => {
    await opNode.insert(payload);
    if (dice.oneIn(8)) await opNode.start(opNode.attributes({ noTxPool: true }));
  };
  gossiped.set(opNode, before.then(take));
}

const configOf = (
  sequencer: string,
  { client }: Party,
  {
    blockTimeMs,
    driving,
    minGasUsedPercent,
    builders,
  }: Pick<ConfigFile, "driving"> & {
    readonly blockTimeMs: number;
    readonly minGasUsedPercent: number;
    readonly builders: readonly Party[];
  },
): ConfigFile =>
  documentOf({
    sequencer,
    driving,
    conductor: { url: `http://conductor-of-${sequencer}:8547` },
    executionClient: {
      url: `http://${client.name}:8551`,
      rpcUrl: `http://${client.name}:8545`,
      jwtSecretFile: "engine-jwt",
    },
    builders: builders.map(({ client: { name } }) => ({
      name,
      url: `http://${name}:8551`,
      jwtSecretFile: `${name}-jwt`,
      forwardTransactions: true,
    })),
    selection: { ...defaultSelection, minGasUsedPercent },
    timing: {
      blockTimeMs,
      builderDeadlineMs: Math.round(blockTimeMs / 10),
      decisionDeadlineMs: Math.round(blockTimeMs / 4),
      graceMs: 30,
    },
  });
