import type { Hand, Hands, HandsWorld } from "./hands.ts";
import type { Trouble } from "./journal.ts";
import type { SimulatedBalancer } from "./simulated-balancer.ts";
import { sleep } from "./timeline.ts";
import { calmWeather, drawBalancerWeather, type Weather } from "./upstream-faults.ts";

const MODES = ["enabled", "enabled", "enabled", "dry_run", "disabled"] as const;

/** Some balancer of a world that has some. */
const someBalancer = ({ dice, balancers: [first, ...rest] }: HandsWorld): SimulatedBalancer | undefined =>
  first && dice.pick([first, ...rest]);

const weather: Hand = (world) => {
  const balancer = someBalancer(world);
  if (balancer !== undefined) balancer.host.weather = drawBalancerWeather(world.dice);
};

/** Ends in the middle of whatever it does; another begins at once, or is long in coming. */
const restarts: Hand = async (world) => {
  const balancer = someBalancer(world);
  const { host } = balancer ?? {};
  if (balancer === undefined || host === undefined) return;
  const before = host.weather;
  host.weather = { ...before, down: true };
  await sleep(world.clock, world.dice.pick([0, 1, 50, 600, 4_000]));
  await balancer.restart();
  host.weather = { ...before, down: false };
};

const mode: Hand = (world) => {
  const executionMode = world.dice.pick(MODES);
  return world.dice.oneIn(2)
    ? someBalancer(world)?.push({ executionMode })
    : someBalancer(world)?.setAdminHand(executionMode);
};

/** Builders that leave one balancer, and come back to it. */
const builders: Hand = async (world) => {
  const balancer = someBalancer(world);
  if (balancer === undefined) return;
  const { config } = balancer.circumstances;
  await balancer.push({ builders: world.dice.some(config.builders) });
  await sleep(world.clock, world.dice.between(0, 3_000));
  await balancer.push({ builders: config.builders });
};

const calm: Hand = ({ balancers }) => {
  for (const { host } of balancers) host.weather = calmWeather();
};

/** What happens to balancers, each as often as it stands here. */
export const BALANCER_HANDS: Hands = [
  ["a balancer's weather", weather],
  ["a balancer's weather", weather],
  ["a balancer's weather", weather],
  ["a balancer restarts", restarts],
  ["a balancer restarts", restarts],
  ["a balancer restarts", restarts],
  ["a balancer's execution mode", mode],
  ["a balancer's builders", builders],
  ["balancers calm", calm],
];

/** One balancer at a time hangs, is gone, slow or restarted, and back again; nothing else goes wrong. */
const inTrouble: Hand = async (world) => {
  const balancer = someBalancer(world);
  if (balancer === undefined) return;
  const { clock, dice, journal } = world;
  const ill = dice.pick<Partial<Weather>>([{ down: true }, { hung: true }, { answerMsMax: 600 }]);
  const isSlow = ill.answerMsMax !== undefined;
  const trouble: Trouble = { fromMs: clock.monotonicMs(), untilMs: Number.POSITIVE_INFINITY, isSlow };
  journal.troubles.push(trouble);
  balancer.host.weather = { ...calmWeather(), ...ill };
  await sleep(clock, dice.pick([20, 500, 3_000, 9_000]));
  if (dice.oneIn(2)) await balancer.restart();
  balancer.host.weather = calmWeather();
  trouble.untilMs = clock.monotonicMs();
  // What is under way now may yet wait for what came before.
  await sleep(clock, TROUBLE_PAUSE_MS);
};

/** Several blocks, so that one trouble is over before the next. */
const TROUBLE_PAUSE_MS = 6_000;

/** For worlds in which nothing but balancers fails. */
export const TROUBLES: Hands = [["a balancer in trouble", inTrouble]];
