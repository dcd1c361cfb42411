import { expect, test } from "vitest";
import { startWorld } from "./world.ts";

test("a good builder: its block goes on the chain, and the next one too", async () => {
  await using world = await startWorld();
  const first = await world.opNode.buildBlock();
  const second = await world.opNode.buildBlock();
  expect([first.builtBy, second.builtBy]).toEqual(["rbuilder", "rbuilder"]);
  expect(world.executionClient.head().payload.blockHash).toBe(second.hash);
  const { blocks, lastDecisions, builders } = await world.status();
  expect(blocks).toMatchObject({ builder: 2, executionClient: 0, unanswered: 0 });
  expect(lastDecisions.map((decision) => decision.blockHash)).toEqual([first.hash, second.hash]);
  expect(builders).toMatchObject([{ name: "rbuilder", state: "healthy" }]);
});

test("the execution client validates a builder's block once, before op-node has it (F-11)", async () => {
  await using world = await startWorld();
  const sealed = await world.opNode.sealBlock(await world.opNode.startBlock());
  expect(sealed.builtBy).toBe("rbuilder");
  const validated = world.executionClient.calls("engine_newPayload*");
  expect(validated.map((call) => call.params[0])).toEqual([sealed.envelope.executionPayload]);
});

test("payload ids differ between clients: each is asked with its own (E-17)", async () => {
  await using world = await startWorld();
  const started = await world.opNode.startBlock();
  await world.opNode.sealBlock(started);
  const [[own], [builders]] = [world.executionClient, world.builder].map((client) =>
    client.calls("engine_getPayloadV4").map((call) => call.params[0]),
  ) as [unknown[], unknown[]];
  expect(own).toBe(started.payloadId);
  expect(builders).not.toBe(own);
});

test("no builder wired: the sequencer builds from its own execution client (C-19)", async () => {
  await using world = await startWorld({ withoutBuilder: true });
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
  expect(await world.lastDecision()).toMatchObject({ source: "execution_client", fallbackReason: "no_builder" });
});
