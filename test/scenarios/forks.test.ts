import { expect, test } from "vitest";
import { startWorld } from "./world.ts";

test.each([
  ["holocene", "engine_getPayloadV3", "engine_newPayloadV3", 3],
  ["isthmus", "engine_getPayloadV4", "engine_newPayloadV4", 4],
  ["jovian", "engine_getPayloadV4", "engine_newPayloadV4", 4],
  ["karst", "engine_getPayloadV5", "engine_newPayloadV4", 4],
] as const)("%s: builders are asked by %s and validated by %s", async (fork, getPayload, newPayload, params) => {
  await using world = await startWorld({ fork });
  const sealed = await world.opNode.sealBlock(await world.opNode.startBlock());
  expect(sealed.builtBy).toBe("rbuilder");
  expect(world.builder.calls("engine_getPayload*").map((call) => call.method)).toEqual([getPayload]);
  const validated = world.executionClient.calls("engine_newPayload*");
  expect(validated.map((call) => [call.method, call.params.length])).toEqual([[newPayload, params]]);
  await world.opNode.insertBlock(sealed);
  await expect.poll(() => world.builder.head().payload.blockHash).toBe(sealed.hash);
});

test("a builder without the fork's getPayload: fall back, and op-node hears nothing of it (F-17)", async () => {
  await using world = await startWorld({ fork: "karst" });
  world.builder.fault("engine_getPayloadV5", { error: { code: -38_005, message: "Unsupported fork" } });
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
  expect(await world.lastDecision()).toMatchObject({ fallbackReason: "builder_refused", detail: "error -38005" });
});
