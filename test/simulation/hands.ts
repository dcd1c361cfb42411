import type { ExecutionMode } from "../../proxy/contract/config-file.ts";
import { BALANCER_HANDS } from "./balancer-hands.ts";
import type { Dice } from "./dice.ts";
import type { Party } from "./host.ts";
import type { Journal } from "./journal.ts";
import { limit, transactions } from "./miner-calls.ts";
import type { SimulatedBalancer } from "./simulated-balancer.ts";
import type { SimulatedSequencer } from "./simulated-sequencer.ts";
import { type SimulatedClock, sleep, type Timeline } from "./timeline.ts";
import { drawWeather } from "./upstream-faults.ts";

/** What the operator, the admin and the weather work on. */
export type HandsWorld = {
  readonly seed: number;
  readonly dice: Dice;
  readonly clock: SimulatedClock;
  readonly timeline: Timeline;
  readonly journal: Journal;
  readonly sequencers: readonly [SimulatedSequencer, ...SimulatedSequencer[]];
  readonly builders: readonly Party[];
  /** What stands between the proxies and the builders; where there is none, they are wired to each other. */
  readonly balancers: readonly SimulatedBalancer[];
  readonly conductors: readonly Party[];
};

const MODES: readonly [ExecutionMode, ...ExecutionMode[]] = ["enabled", "enabled", "enabled", "dry_run", "disabled"];
const POLICIES = ["gas_used", "block_value", "transaction_count", "priority"] as const;

/** Something that changes in a world. */
export type Hand = (world: HandsWorld) => Promise<unknown> | unknown;

/** Hands with their names, each as often as it stands there. */
export type Hands = readonly [readonly [string, Hand], ...(readonly [string, Hand])[]];

/** Changes something every now and then until `isOver`. */
export async function meddle(world: HandsWorld, hands: Hands, isOver: () => boolean): Promise<void> {
  const pauseMsMax = world.dice.pick([3_000, 3_000, 20_000]);
  while (!isOver()) {
    await sleep(world.clock, world.dice.between(20, pauseMsMax));
    if (isOver()) return;
    const [name, hand] = world.dice.pick(hands);
    world.journal.events.push({ atMs: world.clock.monotonicMs(), text: name });
    await hand(world);
  }
}

const someone = ({ dice, sequencers }: HandsWorld): SimulatedSequencer => dice.pick(sequencers);

/** OneToOne's hand-over; with shared builders one that leaves and one that joins: taken from one proxy, and given to another only when the first has confirmed that it let go. */
const handOver: Hand = async (world) => {
  const { dice, sequencers } = world;
  const from = someone(world);
  const to = dice.pick(sequencers);
  const { config } = from.circumstances;
  const given = dice.some(config.builders);
  const kept = config.builders.filter((builder) => !given.includes(builder));
  const taken = await from.push({ builders: kept });
  if (taken.outcome !== "accepted") return;
  await sleep(world.clock, dice.between(0, 400));
  const present = to.circumstances.config.builders;
  const added = given.filter(({ name }) => !present.some((other) => other.name === name));
  await to.push({ builders: [...present, ...added] });
};

const reKey: Hand = (world) => {
  const sequencer = someone(world);
  const { config } = sequencer.circumstances;
  const jwtSecretFile = `key-${world.dice.between(0, 9)}`;
  if (world.dice.oneIn(3)) return sequencer.push({ executionClient: { ...config.executionClient, jwtSecretFile } });
  return sequencer.push({ builders: config.builders.map((builder) => ({ ...builder, jwtSecretFile })) });
};

const changeTiming: Hand = (world) => {
  const sequencer = someone(world);
  const builderDeadlineMs = world.dice.between(50, 400);
  return sequencer.push({
    timing: {
      blockTimeMs: sequencer.circumstances.config.timing.blockTimeMs,
      builderDeadlineMs,
      decisionDeadlineMs: builderDeadlineMs + world.dice.between(20, 500),
      graceMs: world.dice.pick([0, 30, 100, 500]),
    },
  });
};

const changeSelection: Hand = (world) =>
  someone(world).push({
    selection: {
      policy: world.dice.pick(POLICIES),
      minGasUsedPercent: world.dice.pick([0, 10, 80, 100]),
      payloadBytesMax: world.dice.pick([100_000, 4_800_000]),
    },
  });

/** With one proxy only: of two that are exclusive each builder would need to be taken from one. */
const changeDriving: Hand = ({ dice, sequencers: [only, ...others] }) =>
  others.length === 0 ? only.push({ driving: dice.pick(["exclusive", "shared"]) }) : undefined;

const badPushes: Hand = async (world) => {
  const sequencer = someone(world);
  const { revision } = sequencer.circumstances.config;
  await Promise.all([
    sequencer.push({ revision: revision - 1, builders: [] }),
    sequencer.push({ revision, executionMode: world.dice.pick(MODES) }),
    sequencer.push({ builders: "all of them" }),
    sequencer.push({ sequencer: "another", revision: revision + 1 }),
  ]);
};

const configMode: Hand = (world) => someone(world).push({ executionMode: world.dice.pick(MODES) });

const adminMode: Hand = (world) => someone(world).setAdminHand(world.dice.pick(MODES));

const executionClientWeather: Hand = (world) => {
  const { executionClient } = someone(world);
  executionClient.weather = drawWeather(world.dice, false);
};

const conductorWeather: Hand = ({ dice, conductors }) => {
  for (const conductor of conductors) conductor.weather = drawWeather(dice, false);
};

const executionClientRestarts: Hand = async (world) => {
  const { executionClient } = someone(world);
  const before = executionClient.weather;
  executionClient.client.loseJobs();
  executionClient.weather = { ...before, down: true };
  await sleep(world.clock, world.dice.between(10, 1_500));
  executionClient.weather = { ...before, down: false };
};

const builderWeather: Hand = ({ dice, builders }) => {
  for (const builder of dice.some(builders)) builder.weather = drawWeather(dice, true);
};

/** Back with an empty chain or without its jobs, and in sync again a while later. */
const builderRestarts: Hand = async (world) => {
  const { dice, builders, clock } = world;
  for (const { client } of dice.some(builders)) {
    if (dice.oneIn(2)) client.loseChain();
    else client.loseJobs();
  }
  await sleep(clock, dice.between(0, 4_000));
  buildersSync(world);
};

const buildersSync: Hand = (world) => {
  for (const { client } of world.builders) client.syncWith(someone(world).executionClient.client);
};

const wallClock: Hand = ({ dice, timeline }) => timeline.shiftWallClock(dice.between(-3_000, 3_000));

const EVERYWHERE: Hands = [
  ["re-keyed", reKey],
  ["timing changed", changeTiming],
  ["selection changed", changeSelection],
  ["documents that must not run", badPushes],
  ["execution mode by the config", configMode],
  ["execution mode by the config", configMode],
  ["execution mode by the admin", adminMode],
  ["execution mode by the admin", adminMode],
  ["execution client's weather", executionClientWeather],
  ["execution client's weather", executionClientWeather],
  ["op-conductors' weather", conductorWeather],
  ["execution client restarts", executionClientRestarts],
  ["builders' weather", builderWeather],
  ["builders' weather", builderWeather],
  ["builders' weather", builderWeather],
  ["builders restart", builderRestarts],
  ["builders sync", buildersSync],
  ["builders sync", buildersSync],
  ["wall clock set", wallClock],
  ["a limit", limit],
  ["a limit", limit],
  ["a limit", limit],
  ["transactions", transactions],
];

/** Where the proxies have the builders themselves. */
export const HANDS: Hands = [...EVERYWHERE, ["builders handed over", handOver], ["driving changed", changeDriving]];

/** Where they have balancers: one list for all, which stays. */
export const BALANCED_HANDS: Hands = [...EVERYWHERE, ...BALANCER_HANDS];
