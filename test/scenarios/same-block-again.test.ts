import { describe, expect, test } from "vitest";
import { call } from "./http-calls.ts";
import { startWorld } from "./world.ts";

const SHORT = { builderDeadlineMs: 300, decisionDeadlineMs: 600 };

test("a commit is retried: the same id gets the same bytes, the builder and the execution client are not asked again (E-16)", async () => {
  await using world = await startWorld();
  const { payloadId } = await world.opNode.startBlock();
  const body = call("engine_getPayloadV4", [payloadId]);
  const first = await world.engine(body);
  await world.builder.stop();
  await world.executionClient.stop();
  const again = await world.engine(body);
  expect(again.bytes).toEqual(first.bytes);
  expect((await world.status()).blocks).toMatchObject({ builder: 1, executionClient: 0, unanswered: 0 });
});

test("also when the same id is asked for ten times at once", async () => {
  await using world = await startWorld();
  world.builder.fault("engine_getPayload*", { delayMs: 100 });
  const { payloadId } = await world.opNode.startBlock();
  const body = call("engine_getPayloadV4", [payloadId]);
  const answers = await Promise.all(Array.from({ length: 10 }, () => world.engine(body)));
  expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
  expect(world.builder.calls("engine_getPayload*")).toHaveLength(1);
  expect(world.executionClient.calls("engine_newPayload*")).toHaveLength(1);
  expect((await world.status()).blocks).toMatchObject({ builder: 1, executionClient: 0 });
});

test("also when those that wait find that there was no payload: all get the execution client's, once it has one", async () => {
  await using world = await startWorld();
  world.builder.fault("engine_getPayload*", { times: 1, delayMs: 100, error: { code: -38_001, message: "no" } });
  world.executionClient.fault("engine_getPayload*", { times: 1, error: { code: -38_001, message: "no" } });
  const { payloadId } = await world.opNode.startBlock();
  const body = call("engine_getPayloadV4", [payloadId]);
  const answers = await Promise.all(Array.from({ length: 5 }, () => world.engine(body)));
  const texts = answers.map((answer) => answer.text).filter((text) => !text.includes("error"));
  expect([texts.length, new Set(texts).size]).toEqual([4, 1]);
  expect((await world.status()).blocks).toMatchObject({ builder: 0, executionClient: 1, unanswered: 1 });
});

test("also the execution client's block, while the builder has one by now", async () => {
  await using world = await startWorld({ timing: SHORT });
  const lift = world.builder.fault("engine_getPayload*", { hang: true });
  const { payloadId } = await world.opNode.startBlock();
  const body = call("engine_getPayloadV4", [payloadId]);
  const first = await world.engine(body);
  lift();
  expect((await world.engine(body)).json()).toEqual(first.json());
  expect((await world.status()).blocks).toMatchObject({ builder: 0, executionClient: 1 });
});

test("also under the emergency shut-off: the block may be committed already (F-3)", async () => {
  await using world = await startWorld();
  const { payloadId } = await world.opNode.startBlock();
  const body = call("engine_getPayloadV4", [payloadId]);
  const first = await world.engine(body);
  await world.push({ executionMode: "disabled" });
  expect((await world.engine(body)).bytes).toEqual(first.bytes);
});

describe("a builder's block is not handed out again", () => {
  test.each(["INVALID", "SYNCING", "ACCEPTED"])("once the execution client has called it %s", async (status) => {
    await using world = await startWorld();
    const started = await world.opNode.startBlock();
    const sealed = await world.opNode.sealBlock(started);
    expect(sealed.builtBy).toBe("rbuilder");
    const lift = world.executionClient.fault("engine_newPayload*", {
      result: () => ({ status, latestValidHash: null, validationError: null }),
    });
    await expect(world.opNode.insertBlock(sealed)).rejects.toThrow(status);
    lift();
    expect((await world.opNode.sealBlock(started)).builtBy).toBe("op-geth");
    expect(await world.lastDecision()).toMatchObject({ fallbackReason: "rejected_before" });
    expect((await world.opNode.insertBlock(await world.opNode.sealBlock(started))).builtBy).toBe("op-geth");
    await world.builderBlock();
  });

  test("once the same attributes came back after it was handed out", async () => {
    await using world = await startWorld();
    const started = await world.opNode.startBlock();
    expect((await world.opNode.sealBlock(started)).builtBy).toBe("rbuilder");
    const again = await world.opNode.startBlock({ attributes: started.attributes });
    expect(again.payloadId).toBe(started.payloadId);
    expect((await world.opNode.insertBlock(await world.opNode.sealBlock(again))).builtBy).toBe("op-geth");
    expect(await world.lastDecision()).toMatchObject({ fallbackReason: "rejected_before" });
    await world.builderBlock();
  });
});

test("the same attributes twice before getPayload, as after a lost answer: still the builder's block", async () => {
  await using world = await startWorld();
  const started = await world.opNode.startBlock();
  const again = await world.opNode.startBlock({ attributes: started.attributes });
  expect((await world.opNode.sealBlock(again)).builtBy).toBe("rbuilder");
});

test("an error that says nothing of the block takes nothing back: op-node inserts it again", async () => {
  await using world = await startWorld();
  const sealed = await world.opNode.sealBlock(await world.opNode.startBlock());
  world.executionClient.fault("engine_newPayload*", { times: 1, error: { code: -32_000, message: "busy" } });
  await expect(world.opNode.insertBlock(sealed)).rejects.toThrow("busy");
  expect((await world.opNode.sealBlock(sealed)).answer).toContain(sealed.hash);
  expect((await world.opNode.insertBlock(sealed)).builtBy).toBe("rbuilder");
});

describe("a block already returned for one payload id is not returned for another (V-14, rollup-boost#306)", () => {
  test("the builder gives its last block again, under new attributes", async () => {
    await using world = await startWorld();
    const first = await world.opNode.sealBlock(await world.opNode.startBlock());
    // The time of the request does not change the block: only noTxPool differs, then the ids do.
    world.builder.fault("engine_getPayload*", { envelope: () => first.envelope, reseal: "nothing" });
    const { payloadId } = await world.opNode.startBlock({
      attributes: { ...first.attributes, eip1559Params: "0x0000000000000000" },
    });
    expect(payloadId).not.toBe(first.payloadId);
    await world.engine(call("engine_getPayloadV4", [payloadId]));
    expect(await world.lastDecision()).toMatchObject({ fallbackReason: "repeated_block", detail: "V-14" });
  });

  test("the execution client's block of before comes back from the builder", async () => {
    await using world = await startWorld();
    const lift = world.builder.fault("engine_getPayload*", { error: { code: -38_001, message: "no" } });
    const first = await world.opNode.sealBlock(await world.opNode.startBlock());
    lift();
    world.builder.fault("engine_getPayload*", { envelope: () => first.envelope, reseal: "nothing" });
    const attributes = { ...first.attributes, eip1559Params: "0x0000000000000000" };
    await world.opNode.sealBlock(await world.opNode.startBlock({ attributes }));
    expect(await world.lastDecision()).toMatchObject({ fallbackReason: "repeated_block" });
  });
});

describe("when the execution client's own getPayload fails", () => {
  test("a builder's block that it has called VALID is handed out: the slot is saved (V-17)", async () => {
    await using world = await startWorld();
    const started = await world.opNode.startBlock();
    world.executionClient.forgetJobs();
    expect((await world.opNode.insertBlock(await world.opNode.sealBlock(started))).builtBy).toBe("rbuilder");
  });

  test("and hangs: the builder's block does not wait for it", async () => {
    await using world = await startWorld();
    world.executionClient.fault("engine_getPayload*", { hang: true });
    expect((await world.opNode.buildBlock()).builtBy).toBe("rbuilder");
  });

  test.each([-38_001, -32_602, -32_000])(
    "and so does the builder's: op-node gets the error %i as it is (E-19, E-20)",
    async (code) => {
      await using world = await startWorld();
      await world.builder.stop();
      const { payloadId } = await world.opNode.startBlock();
      world.executionClient.fault("engine_getPayload*", {
        error: { code, message: "Unknown payload", data: { err: "gone" } },
      });
      const body = call("engine_getPayloadV4", [payloadId], "é");
      const answer = await world.engine(body);
      expect(answer.status).toBe(200);
      expect(answer.bytes).toEqual((await world.executionClientSays(body)).bytes);
      expect(answer.json()).toMatchObject({ error: { code, data: { err: "gone" } } });
      expect(await world.lastDecision()).toMatchObject({ answered: false, fallbackReason: "builder_unreachable" });
      expect((await world.status()).blocks).toMatchObject({ builder: 0, executionClient: 0, unanswered: 1 });
    },
  );

  test("for a moment: it is asked again at the next getPayload", async () => {
    await using world = await startWorld({ withoutBuilder: true });
    const started = await world.opNode.startBlock();
    world.executionClient.fault("engine_getPayload*", { times: 1, error: { code: -32_000, message: "busy" } });
    await expect(world.opNode.sealBlock(started)).rejects.toThrow("busy");
    expect((await world.opNode.sealBlock(started)).builtBy).toBe("op-geth");
  });
});

test("after a restart the payload id is unknown: the execution client's block, verbatim", async () => {
  await using world = await startWorld();
  const { payloadId } = await world.opNode.startBlock();
  await world.restartProxy();
  const body = call("engine_getPayloadV4", [payloadId], 41);
  const answer = await world.engine(body);
  expect(answer.bytes).toEqual((await world.executionClientSays(body)).bytes);
  expect(await world.lastDecision()).toMatchObject({ fallbackReason: "unknown_job", answered: true });
});

test("the execution client's FCU errors and statuses reach op-node as they are, and open no job (E-19)", async () => {
  await using world = await startWorld();
  const { attributes, parent } = await world.opNode.startBlock();
  const state = { headBlockHash: parent.hash, safeBlockHash: parent.hash, finalizedBlockHash: parent.hash };
  const body = call("engine_forkchoiceUpdatedV3", [state, { ...attributes, prevRandao: parent.hash }]);
  const payloadId = "0x03abababababab00";
  for (const fault of [
    { error: { code: -38_003, message: "Invalid payload attributes" } },
    { result: () => ({ payloadStatus: { status: "SYNCING", latestValidHash: null }, payloadId }) },
    { result: () => ({ payloadStatus: { status: "VALID" }, payloadId: null }) },
  ]) {
    const lift = world.executionClient.fault("engine_forkchoiceUpdated*", fault);
    const answer = await world.engine(body);
    expect(answer.bytes).toEqual((await world.executionClientSays(body)).bytes);
    lift();
  }
  await world.engine(call("engine_getPayloadV4", [payloadId]));
  expect(await world.lastDecision()).toMatchObject({ fallbackReason: "unknown_job" });
});

test("a builder writes its block hash in capitals and the execution client rejects the block: it is not handed out again", async () => {
  await using world = await startWorld();
  world.builder.fault("engine_getPayload*", {
    envelope: (envelope) => envelope,
    reseal: "nothing",
    payload: (payload) => ({ ...payload, blockHash: payload.blockHash.toUpperCase().replace("0X", "0x") }),
  });
  world.executionClient.fault("engine_newPayload*", {
    times: 1,
    result: () => ({ status: "VALID", latestValidHash: null, validationError: null }),
  });
  const started = await world.opNode.startBlock();
  const sealed = await world.opNode.sealBlock(started);
  expect(sealed.hash).toMatch(/[A-F]/);
  world.executionClient.fault("engine_newPayload*", {
    times: 1,
    result: () => ({ status: "SYNCING", latestValidHash: null, validationError: null }),
  });
  const { executionPayload } = sealed.envelope;
  const lowerCase = { ...executionPayload, blockHash: executionPayload.blockHash.toLowerCase() };
  await world.opNode.call("engine_newPayloadV4", [lowerCase, [], sealed.envelope.parentBeaconBlockRoot, []]);
  expect((await world.opNode.sealBlock(started)).builtBy).toBe("op-geth");
});
