import type { ConfigFile } from "../../proxy/contract/config-file.ts";
import type { UnsafePayload } from "../devnet/execution-payload.ts";
import { type Fork, type ForkRules, forks } from "../devnet/fork.ts";
import { genesisBlock } from "../devnet/genesis.ts";
import type { JsonRpcMethods } from "../devnet/json-rpc.ts";
import { type Dice, diceOf } from "./dice.ts";
import { balancerDocument, proxyDocument } from "./documents.ts";
import type { HandsWorld } from "./hands.ts";
import type { Host, Party } from "./host.ts";
import { Journal } from "./journal.ts";
import { SimulatedBalancer } from "./simulated-balancer.ts";
import { SimulatedClient } from "./simulated-client.ts";
import { type OpNodeWorld, SimulatedOpNode } from "./simulated-op-node.ts";
import { SimulatedSequencer } from "./simulated-sequencer.ts";
import { START_MS, Timeline } from "./timeline.ts";
import { calmWeather, drawBalancerWeather, drawWeather } from "./upstream-faults.ts";

/** All there is in a run. */
export type World = HandsWorld & {
  /** What goes wrong in it: nothing, balancers alone, or anything. */
  readonly weather: "calm" | "balancers" | "any";
  readonly opNodes: readonly SimulatedOpNode[];
  readonly gossiped: Map<SimulatedOpNode, Promise<void>>;
  readonly blockTimeMs: number;
  readonly rules: ForkRules;
  /** Who leads, as every op-conductor knows. */
  readonly leadership: { name: string };
};

/** One run in so many has no fault at all, or none but of balancers: then blocks must be builders'. */
const CALM_ONE_IN = 10;

/** One run in so many has balancers. */
const BALANCED_ONE_IN = 3;

const FORKS: readonly [Fork, ...Fork[]] = ["jovian", "jovian", "karst", "isthmus"];

/** The world of a seed, as it is before anything happens. */
export function newWorld(seed: number): World {
  const dice = diceOf(seed);
  const isCalm = dice.oneIn(CALM_ONE_IN);
  const balancerCount = dice.oneIn(BALANCED_ONE_IN) ? dice.between(1, 2) : 0;
  const weather = !isCalm ? "any" : balancerCount > 0 && !dice.oneIn(3) ? "balancers" : "calm";
  const fork = dice.pick(FORKS);
  const common = { seed, dice, isCalm, rules: forks[fork], genesis: genesisBlock(forks[fork], START_MS / 1_000) };
  const timeline = new Timeline();
  const clock = timeline.clock();
  const journal = new Journal();
  const blockTimeMs = dice.pick([1_000, 2_000]);
  const leadership = { name: "sequencer-0" };
  const isAlone = isCalm || !(dice.oneIn(3) || (balancerCount > 0 && dice.oneIn(2)));
  const names = isAlone ? ["sequencer-0"] : ["sequencer-0", "sequencer-1"];
  const builders = Array.from({ length: dice.between(1, 3) }, (_, index) =>
    newParty(common, { name: `builder-${index}`, isBuilder: true, stream: 10 + index }),
  );
  const clients = names.map((name, index) =>
    newParty(common, { name: `el-of-${name}`, isBuilder: false, stream: 20 + index }),
  );
  const conductors = names.map((name, index) => {
    const methods = { conductor_leader: () => leadership.name === name };
    return newParty(common, { name: `conductor-of-${name}`, isBuilder: false, stream: 30 + index, methods });
  });
  const driving = balancerCount > 0 || dice.oneIn(2) ? "shared" : "exclusive";
  const minGasUsedPercent = isCalm ? 0 : dice.pick([0, 0, 80]);
  const builderNames = builders.map(({ name }) => name);
  const parts = { timeline, journal, party: finderOf([...builders, ...clients, ...conductors]) };
  const balancers = Array.from({ length: balancerCount }, (_, index) => {
    const name = `balancer-${index}`;
    const balancerDice = diceOf(seed, 40 + index);
    const host = { dice: balancerDice, weather: isCalm ? calmWeather() : drawBalancerWeather(balancerDice) };
    return new SimulatedBalancer(
      balancerDocument(name, { blockTimeMs, minGasUsedPercent, builders: builderNames }),
      host,
      parts,
    );
  });
  const party = finderOf<Host>([...builders, ...clients, ...conductors, ...balancers.map(({ host }) => host)]);
  const wired: Pick<ConfigFile, "driving" | "buildersAre"> =
    balancerCount > 0 ? { driving, buildersAre: "balancers" } : { driving };
  const [first, ...rest] = clients.map((client, index) => {
    const driven = index === 0 || driving === "shared" ? builderNames : [];
    const named = balancerCount > 0 ? balancers.map(({ name }) => name) : driven;
    const config = proxyDocument(names[index] ?? "", client.name, {
      blockTimeMs,
      minGasUsedPercent,
      ...wired,
      builders: named,
    });
    return new SimulatedSequencer(config, client, { timeline, journal, party });
  });
  if (first === undefined) throw new Error("no sequencer");
  const sequencers = [first, ...rest] as const;
  const gossiped = new Map<SimulatedOpNode, Promise<void>>();
  const shared = { clock, journal, dice, fork, rules: common.rules, genesis: common.genesis, blockTimeMs, balancers };
  const ids = { next: 1_000 };
  const opNodes: SimulatedOpNode[] = sequencers.map((sequencer) => {
    const gossip = (payload: UnsafePayload): void => {
      for (const other of opNodes) if (other.sequencer !== sequencer) receive(other, payload, gossiped, dice);
    };
    const opNodeWorld: OpNodeWorld = { ...shared, gossip };
    return new SimulatedOpNode(sequencer, opNodeWorld, ids);
  });
  return {
    seed,
    weather,
    dice: diceOf(seed, 1),
    clock,
    timeline,
    journal,
    sequencers,
    builders,
    balancers,
    conductors,
    leadership,
    opNodes,
    gossiped,
    blockTimeMs,
    rules: common.rules,
  };
}

function newParty(
  {
    seed,
    dice,
    isCalm,
    rules,
    genesis,
  }: Pick<OpNodeWorld, "dice" | "rules" | "genesis"> & {
    readonly seed: number;
    readonly isCalm: boolean;
  },
  {
    name,
    isBuilder,
    stream,
    methods = {},
  }: {
    readonly name: string;
    readonly isBuilder: boolean;
    readonly stream: number;
    readonly methods?: JsonRpcMethods;
  },
): Party {
  const partyDice = diceOf(seed, stream);
  const transactions = isBuilder ? dice.between(2, 5) : dice.between(1, 2);
  return {
    name,
    client: new SimulatedClient(name, { genesis, rules }, { isBuilder, transactions, methods }),
    isBuilder,
    rules,
    dice: partyDice,
    weather: isCalm ? calmWeather() : drawWeather(partyDice, isBuilder),
    forced: undefined,
  };
}

/** Who is at a URL. */
function finderOf<H extends Host>(hosts: readonly H[]): (url: string) => H {
  const byName = new Map(hosts.map((host) => [host.name, host]));
  return (url) => {
    const found = byName.get(new URL(url).hostname);
    if (found === undefined) throw new Error(`nobody is at ${url}`);
    return found;
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
