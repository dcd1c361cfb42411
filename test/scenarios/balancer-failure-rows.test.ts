import { describe, expect, test } from "vitest";
import { until } from "../devnet/until.ts";
import { jobsAt } from "./balancer-caller.ts";
import { type BalancerWorld, startBalancerWorld } from "./balancer-world.ts";

const TWO = { sequencers: ["sequencer-0", "sequencer-1"] };

const isBuilders = (name: string | undefined): boolean => name?.startsWith("builder-") === true;

/** Health as op-conductor sees it: leadership does not move while it is 200. */
const healthOf = async (world: BalancerWorld, sequencer: string): Promise<number> =>
  (await fetch(`${world.proxy(sequencer).url}/healthz`)).status;

/** The sequencer's execution client gets to the leader's head. */
const follows = (world: BalancerWorld, sequencer: string): Promise<unknown> =>
  until(`${sequencer} follows`, async () => {
    const { hash } = await world.devnet.buildBlock();
    return world.devnet.sequencer(sequencer).executionClient.head().payload.blockHash === hash ? true : undefined;
  });

describe("Builder Load Balancer", () => {
  test("Leader `rollup-boost` Fails: the new sequencer's FCUs go to the balancer, and builder blocks go on as normal; the recovered one rejoins as a follower", async () => {
    await using world = await startBalancerWorld(TWO);
    const before = await world.builderBlock();
    await world.proxy("sequencer-0").kill();
    await expect(world.devnet.sequencer("sequencer-0").opNode.buildBlock()).rejects.toThrow();
    await world.devnet.transferLeader("sequencer-1");
    const first = await world.devnet.buildBlock();
    expect(first).toMatchObject({ number: before.number + 1, sequencer: "sequencer-1" });
    expect(isBuilders(first.builtBy)).toBe(true);
    await world.proxy("sequencer-0").start();
    await follows(world, "sequencer-0");
    expect(isBuilders((await world.devnet.buildBlock()).builtBy)).toBe(true);
  });

  test("Follower `rollup-boost` Fails: the leader sequencer is unaffected; the recovered one rejoins as a follower", async () => {
    await using world = await startBalancerWorld(TWO);
    await world.builderBlock();
    await world.proxy("sequencer-1").kill();
    const blocks = [await world.devnet.buildBlock(), await world.devnet.buildBlock()];
    expect(blocks.every(({ builtBy }) => isBuilders(builtBy))).toBe(true);
    await world.proxy("sequencer-1").start();
    await follows(world, "sequencer-1");
  });

  test("`n-1` Builder Failures: the remaining one builds every block; the others rejoin; no failover", async () => {
    await using world = await startBalancerWorld({ ...TWO, builders: ["builder-0", "builder-1", "builder-2"] });
    await world.builderBlock();
    await world.devnet.builder("builder-0").stop();
    world.devnet.builder("builder-1").fault("engine_*", { hang: true });
    for (let block = 0; block < 3; block += 1) expect((await world.devnet.buildBlock()).builtBy).toBe("builder-2");
    expect(await healthOf(world, "sequencer-0")).toBe(200);
    expect(world.devnet.raft.leader).toBe("sequencer-0");
    await world.devnet.builder("builder-0").start();
    world.devnet.builder("builder-1").heal();
    await until("a block of one that is back", async () => {
      const { builtBy } = await world.devnet.buildBlock();
      expect(isBuilders(builtBy)).toBe(true);
      return builtBy === "builder-0" ? true : undefined;
    });
  });

  test("All Builders Fail: the execution client's block, no error, no failover; builder blocks come back with the builders", async () => {
    await using world = await startBalancerWorld(TWO);
    await world.builderBlock();
    await world.devnet.builder("builder-0").stop();
    world.devnet.builder("builder-1").fault("engine_*", { hang: true });
    for (let block = 0; block < 3; block += 1) expect((await world.devnet.buildBlock()).builtBy).toBe("sequencer-0");
    expect((await world.proxy("sequencer-0").status()).blocks.unanswered).toBe(0);
    expect(await healthOf(world, "sequencer-0")).toBe(200);
    await world.devnet.builder("builder-0").start();
    world.devnet.builder("builder-1").heal();
    await world.builderBlock();
  });

  test("Multiple Sequencers Send FCUs w/ Payload Attrs: only one job is sent to the builder network, and both sequencers get a block", async () => {
    await using world = await startBalancerWorld(TWO);
    await world.builderBlock();
    const [first, second] = world.devnet.sequencers.map(({ opNode }) => opNode);
    const { hash = "" } = first?.unsafeHead ?? {};
    await until("both are on one head", () => (second?.unsafeHead?.hash === hash ? true : undefined));
    for (const builder of world.devnet.builders) builder.forgetCalls();
    // Were they to answer, the leadership fence alone would keep the second request back.
    for (const { conductor } of world.devnet.sequencers) conductor.fault("conductor_leader", { httpStatus: 503 });
    const timestamp = `0x${(Math.ceil(Date.now() / 2_000) * 2 + 4).toString(16)}`;
    const started = await Promise.all([
      first?.startBlock({ attributes: { timestamp } }),
      second?.startBlock({ attributes: { timestamp, transactions: ["0x7e01"] } }),
    ]);
    const bodies = await Promise.all(
      world.devnet.sequencers.map(({ opNode }, index) => {
        const job = started[index];
        if (job === undefined) throw new Error("both sequencers have started a block");
        return opNode.call("engine_getPayloadV4", [job.payloadId]);
      }),
    );
    expect(bodies.map(({ kind }) => kind)).toEqual(["result", "result"]);
    for (const { name } of world.devnet.builders) expect(new Set(jobsAt(world, name)).size).toBe(1);
    const decisions = await Promise.all(TWO.sequencers.map((name) => world.lastDecision(name)));
    expect(decisions.map((decision) => decision?.source).toSorted()).toEqual(["builder", "execution_client"]);
    expect(decisions.find((decision) => decision?.source === "execution_client")?.fallbackReason).toBe(
      "builder_declined",
    );
    expect((await world.balancer(0).status()).jobs).toMatchObject({ refused: 1 });
  });
});
