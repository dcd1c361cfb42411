import { expect, test } from "vitest";
import { until } from "../devnet/until.ts";
import { startBalancerWorld } from "./balancer-world.ts";
import { startSharedWorld } from "./shared-world.ts";
import { startWorld } from "./world.ts";

type Line = {
  readonly level: number;
  readonly msg: string;
  readonly builder?: string;
  readonly from: string;
  readonly fromSince: string;
  readonly to: string;
  readonly since: string;
  readonly detail?: string;
};

const [INFO, WARN, ERROR] = [30, 40, 50];

/** The lines of a log that say what became of the upstream. */
const changes = (log: readonly string[], about: "execution client" | "builder state" | "leadership"): readonly Line[] =>
  log.map((line) => JSON.parse(line) as Line).filter(({ msg }) => msg.startsWith(about));

/** Each change starts where the one before it ended, and is one. */
function expectChain(lines: readonly Line[], start: string): void {
  expect(lines.map(({ from }) => from)).toEqual([start, ...lines.slice(0, -1).map(({ to }) => to)]);
  for (const { from, to } of lines) expect(from).not.toBe(to);
}

const silentTo = (log: readonly string[], to: string) => changes(log, "builder state").find((line) => line.to === to);

test("the execution client goes and comes back: a line each, with the problem and since when, and none in between", async () => {
  await using world = await startWorld();
  await world.opNode.buildBlock();
  const isUsable = async () => (await world.status()).executionClient?.usable;
  await world.executionClient.stop();
  await until("it to be unusable", async () => (await isUsable()) === false || undefined);
  await world.executionClient.start();
  await until("it to be usable again", async () => (await isUsable()) || undefined);
  const lines = changes(world.log, "execution client");
  expect(lines).toEqual([
    expect.objectContaining({
      level: ERROR,
      msg: "execution client unusable",
      detail: "the execution client cannot be reached: ECONNREFUSED",
    }),
    expect.objectContaining({ level: INFO, msg: "execution client usable again", fromSince: lines[0]?.since }),
  ]);
  for (const secret of [world.executionClient.jwtSecret, world.builder.jwtSecret, world.adminToken]) {
    expect(world.log.join()).not.toContain(secret);
  }
});

test("a builder hangs and returns: a line for each change of its state with the detail, none per block", async () => {
  await using world = await startWorld({ timing: { builderDeadlineMs: 300 } });
  await world.builderBlock();
  const lift = world.builder.fault("engine_*", { hang: true });
  for (let blocks = 0; blocks < 3; blocks += 1) await world.opNode.buildBlock();
  await until("a line", () => silentTo(world.log, "silent"));
  lift();
  await world.builderBlock();
  await until("its return", async () => (await world.status()).builders[0]?.state === "healthy" || undefined);
  const lines = changes(world.log, "builder state");
  expectChain(lines, "unknown");
  expect(lines[0]).toMatchObject({ level: INFO, builder: "rbuilder", to: "healthy" });
  expect(silentTo(world.log, "silent")).toMatchObject({ level: WARN, detail: "does not answer: timed out" });
  expect(lines.at(-1)).toMatchObject({ to: "healthy" });
  expect(lines.length).toBeLessThanOrEqual(5);
  for (let blocks = 0; blocks < 5; blocks += 1) await world.builderBlock();
  expect(changes(world.log, "builder state")).toHaveLength(lines.length);
});

test("leadership: a line when op-conductor's answer is another one, with why where it is none", async () => {
  await using world = await startSharedWorld();
  const [old, next] = world.sequencers;
  await old.opNode.buildBlock();
  await old.opNode.buildBlock();
  world.raft.lead(next.name);
  await next.opNode.buildBlock();
  await old.opNode.startBlock();
  await until("a follower", () => changes(old.log, "leadership").find(({ to }) => to === "follower"));
  await next.conductor.stop();
  await until("no answer", async () => {
    await next.opNode.startBlock();
    return changes(next.log, "leadership").find(
      ({ to, detail }) => to === "unknown" && detail?.includes("ECONNREFUSED"),
    );
  });
  for (const { log } of world.sequencers) expectChain(changes(log, "leadership"), "not_asked");
});

test("a balancer says it of the builders behind it, and a proxy of its balancers", async () => {
  await using world = await startBalancerWorld();
  await world.builderBlock();
  const [builder] = world.devnet.builders;
  await builder?.stop();
  const gone = await until("the builder to be gone", () => silentTo(world.balancer(0).log, "silent"));
  expect(gone).toMatchObject({ builder: builder?.name, level: WARN });
  await world.balancer(0).kill();
  await until("the balancer to be gone", async () => {
    await world.devnet.buildBlock();
    return silentTo(world.proxy("sequencer-0").log, "silent");
  });
  expectChain(changes(world.proxy("sequencer-0").log, "builder state"), "unknown");
});
