import { describe, expect, test } from "vitest";
import type { Leadership } from "../../proxy/contract/status.ts";
import { until } from "../devnet/until.ts";
import { attributesWith, balancerCaller, jobsAt } from "./balancer-caller.ts";
import { startBalancerWorld } from "./balancer-world.ts";
import { get } from "./http-calls.ts";

const LEADERSHIPS: readonly Leadership[] = ["leader", "unknown", "follower"];

describe("two sequencers ask for different blocks of one slot: never two live jobs", () => {
  const pairs = LEADERSHIPS.flatMap((first) => LEADERSHIPS.map((second) => [first, second] as const));
  test.each(pairs)(
    "first a %s, then a %s: at most one gets a block, and a confirmed leader's is its own",
    async (...pair) => {
      await using world = await startBalancerWorld({ builders: ["builder-0"] });
      const callers = pair.map((leadership, index) => balancerCaller(world, { id: `sequencer-${index}`, leadership }));
      const wanted = [attributesWith(world, 1n), attributesWith(world, 2n)];
      const ids: (string | null)[] = [];
      for (const [index, caller] of callers.entries()) ids.push((await caller.ask(wanted[index])).payloadId);
      const answers = await Promise.all(callers.map((caller, index) => caller.getPayload(ids[index] ?? null)));
      const served = answers.flatMap((answer, index) => (answer.result === undefined ? [] : [index]));
      expect(served.length).toBeLessThanOrEqual(1);
      const leader = pair.indexOf("leader");
      expect(served).toEqual(leader === -1 ? served : [leader]);
      expect(served.length).toBe(pair.every((leadership) => leadership === "follower") ? 0 : 1);
      for (const index of served) {
        expect(answers[index]?.result?.executionPayload.transactions[0]).toBe(wanted[index]?.transactions?.[0]);
      }
    },
  );

  test("at the same instant, many times: one of them, or the confirmed leader", async () => {
    await using world = await startBalancerWorld({ builders: ["builder-0"] });
    for (let round = 0; round < 20; round += 1) {
      const leader = balancerCaller(world, { id: "sequencer-0", leadership: "leader" });
      const stale = balancerCaller(world, { id: "sequencer-1", leadership: "unknown" });
      const asks = [
        () => leader.ask(attributesWith(world, 1n, 2 * round)),
        () => stale.ask(attributesWith(world, 2n, 2 * round)),
      ];
      const inOrder = round % 2 === 0 ? asks : asks.toReversed();
      const answers = await Promise.all(inOrder.map((ask) => ask()));
      const [leaders, stales] = round % 2 === 0 ? answers : answers.toReversed();
      expect((await leader.getPayload(leaders?.payloadId ?? null)).result).toBeDefined();
      expect((await stale.getPayload(stales?.payloadId ?? null)).result).toBeUndefined();
    }
  });
});

test("the same attributes from both: one job at the builders, and the same bytes for both", async () => {
  await using world = await startBalancerWorld({ builders: ["builder-0"] });
  const callers = ["sequencer-0", "sequencer-1"].map((id) => balancerCaller(world, { id, leadership: "unknown" }));
  const attributes = attributesWith(world, 1n);
  const ids = await Promise.all(callers.map(async (caller) => (await caller.ask(attributes)).payloadId));
  expect(new Set(ids).size).toBe(1);
  const answers = await Promise.all(callers.map((caller) => caller.getPayload(ids[0] ?? null)));
  expect(answers[0]?.result).toBeDefined();
  expect(answers[1]).toEqual(answers[0]);
  expect(jobsAt(world, "builder-0")).toHaveLength(1);
  expect(world.devnet.builder("builder-0").calls("engine_getPayload*")).toHaveLength(1);
  expect((await world.balancer(0).status()).jobs).toEqual({ started: 1, shared: 1, replaced: 0, refused: 0 });
});

test("a new L1 origin replaces the sequencer's own job; the one before is gone", async () => {
  await using world = await startBalancerWorld({ builders: ["builder-0"] });
  const caller = balancerCaller(world, { id: "sequencer-0", leadership: "leader" });
  const before = await caller.ask(attributesWith(world, 1n));
  const now = await caller.ask(attributesWith(world, 2n));
  expect(await caller.getPayload(before.payloadId)).toMatchObject({ error: { code: -38_001 } });
  const { result } = await caller.getPayload(now.payloadId);
  expect(result?.executionPayload.transactions[0]).toBe(attributesWith(world, 2n).transactions?.[0]);
});

test("a refusal is VALID with no payload id, counted, and reaches no builder", async () => {
  await using world = await startBalancerWorld({ builders: ["builder-0"] });
  await balancerCaller(world, { id: "sequencer-0", leadership: "leader" }).ask(attributesWith(world, 1n));
  const refused = await balancerCaller(world, { id: "sequencer-1", leadership: "unknown" }).ask(
    attributesWith(world, 2n),
  );
  expect(refused).toMatchObject({ payloadStatus: { status: "VALID", validationError: null }, payloadId: null });
  await until("the builder's job", () => (jobsAt(world, "builder-0").length > 0 ? true : undefined));
  expect(jobsAt(world, "builder-0")).toEqual([attributesWith(world, 1n).transactions?.[0]]);
  expect((await world.balancer(0).status()).jobs).toMatchObject({ started: 1, refused: 1 });
  expect((await get(`${world.balancer(0).adminUrl}/metrics`)).text).toContain(
    'rollup_boost_balancer_jobs_total{outcome="refused"} 1',
  );
});

test("an FCU without attributes of a sequencer that is known to follow moves no builder's head", async () => {
  await using world = await startBalancerWorld({ builders: ["builder-0"] });
  expect(await balancerCaller(world, { id: "sequencer-1", leadership: "follower" }).ask()).toMatchObject({
    payloadStatus: { status: "VALID" },
    payloadId: null,
  });
  // On its lane a job comes after whatever was sent before it.
  await balancerCaller(world, { id: "sequencer-0", leadership: "leader" }).ask(attributesWith(world, 1n));
  await until("the leader's job", () => (jobsAt(world, "builder-0").length > 0 ? true : undefined));
  expect(world.devnet.builder("builder-0").calls("engine_forkchoiceUpdatedV3")).toHaveLength(1);
});

test("through their proxies: the one whose op-conductor confirms that it leads gets the builders, though the other was first", async () => {
  await using world = await startBalancerWorld({ sequencers: ["sequencer-0", "sequencer-1"], builders: ["builder-0"] });
  await world.builderBlock();
  const [leader, stale] = world.devnet.sequencers;
  await until("both are on one head", () =>
    stale?.opNode.unsafeHead?.hash === leader?.opNode.unsafeHead?.hash ? true : undefined,
  );
  stale?.conductor.fault("conductor_leader", { httpStatus: 503 });
  const timestamp = `0x${(Math.ceil(Date.now() / 2_000) * 2 + 4).toString(16)}`;
  const before = (await world.balancer(0).status()).jobs?.started ?? 0;
  const first = await stale?.opNode.startBlock({ attributes: { timestamp, transactions: ["0x7e01"] } });
  await until("its job is at the balancer", async () =>
    ((await world.balancer(0).status()).jobs?.started ?? 0) > before ? true : undefined,
  );
  const second = await leader?.opNode.startBlock({ attributes: { timestamp } });
  await until("the leader's job is at the balancer", async () =>
    (await world.balancer(0).status()).jobs?.replaced === 1 ? true : undefined,
  );
  await leader?.opNode.call("engine_getPayloadV4", [second?.payloadId]);
  await stale?.opNode.call("engine_getPayloadV4", [first?.payloadId]);
  expect(await world.lastDecision("sequencer-0")).toMatchObject({ source: "builder", leadership: "leader" });
  expect(await world.lastDecision("sequencer-1")).toMatchObject({ source: "execution_client", answered: true });
});
