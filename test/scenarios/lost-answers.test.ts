import { expect, test } from "vitest";
import { until } from "../devnet/until.ts";
import { startWorld } from "./world.ts";

test("a connection that the execution client closes under a call: op-node still gets its answer", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  for (const method of ["engine_forkchoiceUpdated*", "engine_getPayload*", "engine_newPayload*"]) {
    world.executionClient.fault(method, { times: 1, drop: true });
    await world.opNode.buildBlock();
  }
  await world.executionClient.stop();
  await world.executionClient.start();
  await until("a block after the restart", async () => (await world.opNode.buildBlock()).hash);
  expect((await world.status()).blocks.unanswered).toBe(0);
});

test("a getPayload whose answer is lost at the execution client: the repeat asks it again and is answered", async () => {
  await using world = await startWorld({ withoutBuilder: true });
  const started = await world.opNode.startBlock();
  world.executionClient.fault("engine_getPayload*", { hang: true, times: 1 });
  const lost = world.opNode.call("engine_getPayloadV4", [started.payloadId]);
  await until("the call that is lost", () => world.executionClient.calls("engine_getPayload*")[0]);
  const sealed = await world.opNode.sealBlock(started);
  expect(sealed.builtBy).toBe("op-geth");
  await world.executionClient.stop();
  await lost;
});
