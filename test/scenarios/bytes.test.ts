import { describe, expect, test } from "vitest";
import { honestAnswer, sealForged } from "./builder-answers.ts";
import { call } from "./http-calls.ts";
import { startWorld } from "./world.ts";

test("a minBaseFee of 2^64-1 arrives intact at the execution client and at the builder (E-12)", async () => {
  await using world = await startWorld();
  const minBaseFee = 2n ** 64n - 1n;
  const block = await world.opNode.buildBlock({ attributes: { minBaseFee } });
  expect(block.builtBy).toBe("rbuilder");
  expect(block.envelope.executionPayload.extraData).toBe("0x01000000fa00000006ffffffffffffffff");
  for (const client of [world.executionClient, world.builder]) {
    const job = client.calls("engine_forkchoiceUpdatedV3").find(({ params }) => params[1] !== null);
    expect(job?.body.toString()).toContain('"minBaseFee":18446744073709551615');
  }
});

test("both get the bytes of op-node's FCU and newPayload: fields of a later fork, white space and number forms stay", async () => {
  await using world = await startWorld();
  const head = world.executionClient.head().payload;
  const state = { headBlockHash: head.blockHash, safeBlockHash: head.blockHash, finalizedBlockHash: head.blockHash };
  const timestamp = `0x${(Number(head.timestamp) + 3_600).toString(16)}`;
  const { attributes } = await world.opNode.startBlock({ attributes: { timestamp } });
  const later = JSON.stringify({ ...attributes, prevRandao: head.blockHash }).replace(
    "{",
    '{ "laterFork": [1.50, 1e2, {"deep": 123456789012345678901234567890}],\n\t',
  );
  const body = `{"id": "a" ,"jsonrpc":"2.0","params":[${JSON.stringify(state)},${later}],"method":"engine_forkchoiceUpdatedV3"}`;
  const answer = await world.engine(body);
  expect(answer.json()).toMatchObject({ id: "a", result: { payloadStatus: { status: "VALID" } } });
  await honestAnswer(world);
  expect(world.executionClient.calls("engine_forkchoiceUpdatedV3").at(-1)?.body.toString()).toBe(body);
  const { payloadId } = (answer.json() as { readonly result: { readonly payloadId: string } }).result;
  await world.engine(call("engine_getPayloadV4", [payloadId]));
  expect(await world.lastDecision()).toMatchObject({ source: "builder" });

  const newPayload = `{"jsonrpc":"2.0","method":"engine_newPayloadV4","id":1,"params":[{"laterFork":1e2,"gasUsed":"0x00"},[],null,[]]}`;
  await world.engine(newPayload);
  expect(world.executionClient.calls("engine_newPayloadV4").at(-1)?.body.toString()).toBe(newPayload);
});

test("a builder's envelope is handed out as it was received, fields of a later fork included", async () => {
  await using world = await startWorld();
  const { honest, sealed } = await sealForged(world, (text) =>
    text.replace(
      '"blockValue"',
      ' "laterFork" : {"deep":["é", 1.50, 1e2, 123456789012345678901234567890]} ,\n"blockValue"',
    ),
  );
  expect(sealed.builtBy).toBe("rbuilder");
  const result = honest.slice(honest.indexOf('"result":') + '"result":'.length, -1);
  const forged = result.replace(
    '"blockValue"',
    ' "laterFork" : {"deep":["é", 1.50, 1e2, 123456789012345678901234567890]} ,\n"blockValue"',
  );
  expect(sealed.answer).toMatch(/^\{"jsonrpc":"2\.0","id":\d+,"result":/);
  expect(sealed.answer.slice(sealed.answer.indexOf('"result":') + '"result":'.length, -1)).toBe(forged);
});

test("a field of a later fork in the payload itself reaches the execution client's validation", async () => {
  await using world = await startWorld();
  const { sealed } = await sealForged(world, (text) => text.replace('"gasUsed"', '"laterFork":[ 1.50 ],"gasUsed"'));
  expect(sealed.builtBy).toBe("rbuilder");
  expect(world.executionClient.calls("engine_newPayloadV4").at(-1)?.body.toString()).toContain('"laterFork":[ 1.50 ],');
});

describe("the request's id is answered as it was sent", () => {
  test.each(["7", '"seven"', "18446744073709551616", "null", "1.0", '"\\u00e9\\""'])("%s", async (id) => {
    await using world = await startWorld();
    const { payloadId } = await world.opNode.startBlock();
    const body = `{"jsonrpc":"2.0","id":${id},"method":"engine_getPayloadV4","params":["${payloadId}"]}`;
    const fromBuilder = await world.engine(body);
    const again = await world.engine(body);
    expect(await world.lastDecision()).toMatchObject({ source: "builder" });
    await world.executionClient.stop();
    const error = await world.engine(body.replace(payloadId, "0x0300000000000000"));
    for (const answer of [fromBuilder, again, error]) expect(answer.text).toContain(`"id":${id},`);
    expect(error.json()).toMatchObject({ error: { code: -32_603 } });
  });
});
