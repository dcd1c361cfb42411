import { expect, test } from "vitest";
import { startWorld } from "./world.ts";

test("a good builder: its block goes on the chain, and the next one too", async () => {
  await using world = await startWorld();
  const first = await world.opNode.buildBlock();
  const second = await world.opNode.buildBlock();
  expect([first.builtBy, second.builtBy]).toEqual(["rbuilder", "rbuilder"]);
  expect(world.executionClient.head().payload.blockHash).toBe(second.hash);
  const { blocks, lastDecisions } = await world.status();
  expect(blocks).toMatchObject({ builder: 2, executionClient: 0, unanswered: 0 });
  expect(lastDecisions.map((decision) => decision.blockHash)).toEqual([first.hash, second.hash]);
});
