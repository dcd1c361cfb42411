import { describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../../proxy/clock.ts";
import { until } from "../devnet/until.ts";
import { type SharedSequencer, type SharedWorld, startSharedWorld } from "./shared-world.ts";

const jobsAt = ({ builder }: SharedWorld) =>
  builder.calls("engine_forkchoiceUpdated*").filter(({ params }) => params[1] !== null);

const headsAt = ({ builder }: SharedWorld) =>
  builder.calls("engine_forkchoiceUpdated*").filter(({ params }) => params[1] === null);

const lastDecision = async (sequencer: SharedSequencer) => (await sequencer.status()).lastDecisions.at(-1);

const fenceCounts = async ({ adminUrl }: SharedSequencer): Promise<Record<string, number>> => {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const rows = [...text.matchAll(/rollup_boost_leadership_fence_total\{answer="(\w+)"\} (\d+)/g)];
  return Object.fromEntries(rows.map(([, answer, count]) => [answer, Number(count)]));
};

test("the leader's job goes to the shared builder; ledger, metric and status say that it leads", async () => {
  await using world = await startSharedWorld();
  const [leader] = world.sequencers;
  const decision = await until("an answer in time", async () => {
    expect((await leader.opNode.buildBlock()).builtBy).toBe("rbuilder");
    const last = await lastDecision(leader);
    return last?.leadership === "leader" ? last : undefined;
  });
  expect(decision).toMatchObject({ source: "builder", leadership: "leader" });
  expect((await leader.status()).leadership?.answer).toBe("leader");
  expect((await fenceCounts(leader)).leader).toBeGreaterThanOrEqual(1);
});

test("stopSequencer fails, two sequencers send attributes: the builder hears only the leader's (F-1, C-14)", async () => {
  await using world = await startSharedWorld();
  const [old, leader] = world.sequencers;
  await old.opNode.buildBlock();
  world.raft.lead(leader.name);
  const decision = await until("an answer in time", async () => {
    world.builder.forgetCalls();
    const started = await old.opNode.startBlock();
    await expect(old.opNode.sealBlock(started)).rejects.toMatchObject({ step: "commit" });
    const last = await lastDecision(old);
    return last?.leadership === "unknown" ? undefined : last;
  });
  expect(decision).toMatchObject({
    source: "execution_client",
    fallbackReason: "not_leader",
    leadership: "follower",
  });
  expect([jobsAt(world), world.builder.calls("engine_getPayload*")]).toEqual([[], []]);
  expect((await leader.opNode.buildBlock()).builtBy).toBe("rbuilder");
  expect((await old.status()).leadership?.answer).toBe("follower");
});

describe("op-conductor gives no clear answer: liveness first, the builder is asked", () => {
  test.each([
    ["an error", { error: { code: -32_000, message: "no leader" } }],
    ["HTTP 500", { httpStatus: 500 }],
    ["a closed connection", { drop: true }],
    ["no answer", { hang: true }],
    ["an answer after the deadline", { delayMs: 400 }],
    ["another shape", { result: () => ({ leader: false }) }],
    ["a text", { result: () => "false" }],
    ["null", { result: () => null }],
    ["another call's id", { body: '{"jsonrpc":"2.0","id":7,"result":false}' }],
    ["HTML", { body: "<html></html>" }],
  ])("%s", async (_, fault) => {
    await using world = await startSharedWorld();
    const [leader] = world.sequencers;
    leader.conductor.fault("conductor_leader", fault);
    const started = await leader.opNode.startBlock();
    expect((await leader.opNode.insertBlock(await leader.opNode.sealBlock(started))).builtBy).toBe("rbuilder");
    expect(await lastDecision(leader)).toMatchObject({ source: "builder", leadership: "unknown" });
    expect((await leader.status()).leadership?.answer).toBe("unknown");
  });

  test("it cannot be reached", async () => {
    await using world = await startSharedWorld();
    const [leader] = world.sequencers;
    await leader.conductor.stop();
    await expect(leader.opNode.buildBlock()).rejects.toMatchObject({ step: "commit" });
    expect(await lastDecision(leader)).toMatchObject({ source: "builder", leadership: "unknown" });
  });

  test("the config names none: there is no fence, and no head is confirmed", async () => {
    await using world = await startSharedWorld({ withoutConductor: true });
    const [leader] = world.sequencers;
    expect((await leader.opNode.buildBlock()).builtBy).toBe("rbuilder");
    expect(await lastDecision(leader)).not.toHaveProperty("leadership");
    expect(leader.conductor.calls("conductor_leader")).toEqual([]);
    expect(headsAt(world)).toEqual([]);
  });
});

test("op-conductor hangs: the execution client's answer to the FCU is not delayed, the builder's FCU by 100 ms at most", async () => {
  await using world = await startSharedWorld();
  const [leader] = world.sequencers;
  await leader.opNode.buildBlock();
  await until("the question of the head", async () => ((await leader.status()).leadership ? true : undefined));
  leader.conductor.fault("conductor_leader", { hang: true });
  world.builder.forgetCalls();
  await leader.opNode.startBlock();
  const job = await until("the job at the builder", () => jobsAt(world)[0]);
  const own = leader.executionClient.calls("engine_forkchoiceUpdated*").findLast(({ params }) => params[1] !== null);
  const apart = job.receivedAtMs - (own?.receivedAtMs ?? 0);
  expect(apart).toBeGreaterThanOrEqual(90);
  expect(apart).toBeLessThan(1_000);
});

test("a burst of FCUs without attributes is not a burst of questions, and only the newest head is sent on", async () => {
  await using world = await startSharedWorld();
  const [leader] = world.sequencers;
  const head = await leader.opNode.buildBlock();
  const asked = leader.conductor.calls("conductor_leader").length;
  world.builder.forgetCalls();
  const state = { headBlockHash: head.hash, safeBlockHash: head.parent.hash, finalizedBlockHash: head.parent.hash };
  for (let round = 0; round < 10; round += 1) {
    const calls = Array.from({ length: 20 }, () => leader.opNode.call("engine_forkchoiceUpdatedV3", [state, null]));
    await Promise.all(calls);
  }
  expect(leader.conductor.calls("conductor_leader").length - asked).toBeLessThan(20);
  expect((await leader.opNode.buildBlock()).builtBy).toBe("rbuilder");
});

test("the emergency shut-off is pulled while op-conductor is asked: nothing reaches the builder", async () => {
  // By this clock op-conductor has not 100 ms, but two seconds.
  const after: Clock["after"] = (ms, run) => systemClock.after(ms > 90 && ms <= 100 ? 2_000 : ms, run);
  await using world = await startSharedWorld({ clock: { ...systemClock, after } });
  const [leader] = world.sequencers;
  const asked = Promise.withResolvers<void>();
  leader.conductor.fault("conductor_leader", { hang: true, when: () => asked.resolve() === undefined });
  const started = await leader.opNode.startBlock();
  await asked.promise;
  expect((await leader.push({ executionMode: "disabled" })).outcome).toBe("accepted");
  world.builder.forgetCalls();
  expect((await leader.opNode.sealBlock(started)).builtBy).toBe("sequencer-0-el");
  await until("the end of the question", async () => ((await leader.status()).leadership ? true : undefined));
  expect(world.builder.calls("engine_*")).toEqual([]);
});
