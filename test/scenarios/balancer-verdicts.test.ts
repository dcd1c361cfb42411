import { expect, test } from "vitest";
import { until } from "../devnet/until.ts";
import { startBalancerWorld } from "./balancer-world.ts";

test("a builder whose blocks the execution client refuses is benched at the balancer, and the other builds: the proxies report their verdicts", async () => {
  await using world = await startBalancerWorld();
  world.devnet.builder("builder-0").fault("engine_getPayload*", {
    payload: (payload) => ({ ...payload, stateRoot: payload.parentHash }),
  });
  await until("it is benched at the balancer", async () => {
    expect((await world.devnet.buildBlock()).builtBy).toBe("sequencer-0");
    const { builders } = await world.balancer(0).status();
    return builders[0]?.state === "benched" ? true : undefined;
  });
  expect((await world.balancer(0).status()).builders).toMatchObject([
    { name: "builder-0", reason: expect.stringContaining("validation_invalid") },
    { name: "builder-1", state: "healthy" },
  ]);
  expect((await world.builderBlock()).builtBy).toBe("builder-1");
});

test("a good verdict harms nobody", async () => {
  await using world = await startBalancerWorld({ builders: ["builder-0"] });
  const { opNode } = world.devnet.leader();
  await opNode.sealBlock(await opNode.startBlock());
  expect((await world.balancer(0).status()).builders).toMatchObject([{ name: "builder-0", state: "healthy" }]);
});
