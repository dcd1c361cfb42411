import { expect, test } from "vitest";
import type { Leadership } from "../../proxy/contract/status.ts";
import type { PayloadAttributes } from "../devnet/payload-attributes.ts";
import { until } from "../devnet/until.ts";
import { attributesWith, balancerCaller, jobsAt } from "./balancer-caller.ts";
import { type BalancerWorld, startBalancerWorld } from "./balancer-world.ts";

const BLOCK_TIME_MS = 2_000;

/** The first slot whose building begins from now on, in seconds. */
const nextSlot = (): number => Math.ceil((Date.now() + BLOCK_TIME_MS) / 1_000);

/** The balancer is restarted once a slot's building has begun. */
async function restartWithin(world: BalancerWorld, slotS: number): Promise<void> {
  await until("the slot's building", () => Date.now() > slotS * 1_000 - BLOCK_TIME_MS || undefined);
  await world.balancer(0).kill();
  await world.balancer(0).start();
}

const isBuilders = (name: string | undefined): boolean => name?.startsWith("builder-") === true;

const quantity = (value: number): string => `0x${value.toString(16)}`;

const PAIRS: readonly (readonly [Leadership, Leadership])[] = [
  ["leader", "unknown"],
  ["unknown", "unknown"],
  ["unknown", "leader"],
  ["leader", "leader"],
];

test.each(PAIRS)(
  "restarted between two sequencers' FCUs for one slot, a %s's and then a %s's: no second job but a confirmed leader's, never two live ones",
  async (first, second) => {
    await using world = await startBalancerWorld();
    const slotS = nextSlot();
    const wanted = (l1Origin: bigint): PayloadAttributes => ({
      ...attributesWith(world, l1Origin),
      timestamp: quantity(slotS),
    });
    const callers = [first, second].map((leadership, index) =>
      balancerCaller(world, { id: `sequencer-${index}`, leadership }),
    );
    const before = await callers[0]?.ask(wanted(1n));
    for (const { name } of world.devnet.builders) {
      await until("the first job", () => jobsAt(world, name).length > 0 || undefined);
    }
    await restartWithin(world, slotS);
    const after = await callers[1]?.ask(wanted(2n));
    const answers = [
      await callers[0]?.getPayload(before?.payloadId ?? null),
      await callers[1]?.getPayload(after?.payloadId ?? null),
    ];
    expect(answers.map((answer) => answer?.result !== undefined)).toEqual([false, second === "leader"]);
    expect(after?.payloadStatus.status).toBe("VALID");
    for (const { name } of world.devnet.builders) {
      expect(new Set(jobsAt(world, name)).size).toBe(second === "leader" ? 2 : 1);
    }
  },
);

test("restarted mid-block, while another sequencer wrongly asks for the same slot: both get a block, at most that builder block is lost", async () => {
  await using world = await startBalancerWorld({ sequencers: ["sequencer-0", "sequencer-1"] });
  const built = await world.builderBlock();
  const [leader, stale] = world.devnet.sequencers;
  if (leader === undefined || stale === undefined) throw new Error("two sequencers");
  await until("both are on one head", () => stale.opNode.unsafeHead?.hash === built.hash || undefined);
  stale.conductor.fault("conductor_leader", { httpStatus: 503 });
  for (const builder of world.devnet.builders) builder.forgetCalls();
  const started = await leader.opNode.startBlock();
  await until("the leader's job", () => jobsAt(world, "builder-0").length > 0 || undefined);
  await restartWithin(world, Number(started.attributes.timestamp));
  const attributes = { timestamp: started.attributes.timestamp, transactions: ["0x7e01"] };
  const others = await stale.opNode.startBlock({ attributes });
  const reply = await stale.opNode.call("engine_getPayloadV4", [others.payloadId]);
  expect(reply.kind).toBe("result");
  expect(await world.lastDecision("sequencer-1")).toMatchObject({ source: "execution_client", answered: true });
  const block = await leader.opNode.insertBlock(await leader.opNode.sealBlock(started));
  expect(block.number).toBe(built.number + 1);
  for (const { name } of world.devnet.builders) expect(new Set(jobsAt(world, name)).size).toBe(1);
  const next = await leader.opNode.insertBlock(await leader.opNode.sealBlock(await leader.opNode.startBlock()));
  expect([next.number, isBuilders(next.builtBy)]).toEqual([block.number + 1, true]);
});

test("restarted mid-block, with no op-conductor that answers: the next block is a builder's again", async () => {
  await using world = await startBalancerWorld();
  const { opNode, conductor } = world.devnet.leader();
  const built = await world.builderBlock();
  conductor.fault("conductor_leader", { httpStatus: 503 });
  const started = await opNode.startBlock();
  await restartWithin(world, Number(started.attributes.timestamp));
  const block = await opNode.insertBlock(await opNode.sealBlock(started));
  expect(block).toMatchObject({ number: built.number + 1, builtBy: "sequencer-0" });
  expect(isBuilders((await opNode.sealBlock(await opNode.startBlock())).builtBy)).toBe(true);
});
