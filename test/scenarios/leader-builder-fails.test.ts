import { describe, expect, test } from "vitest";
import { sealForged } from "./builder-answers.ts";
import { call } from "./http-calls.ts";
import { startWorld, type World } from "./world.ts";

const SHORT = { builderDeadlineMs: 300 };
const hasAttributes = ({ params }: { readonly params: readonly unknown[] }): boolean => params[1] !== null;

/** One block of the execution client; then the builder is well again and blocks are its own again. */
async function fallsBackAndRecovers(world: World, expected: object): Promise<void> {
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
  expect(await world.lastDecision()).toMatchObject({ source: "execution_client", answered: true, ...expected });
  world.builder.heal();
  await world.builderBlock();
  expect((await world.status()).builders).toMatchObject([{ name: "rbuilder", state: "healthy" }]);
  expect((await world.status()).blocks.unanswered).toBe(0);
}

test.concurrent("the builder is killed: blocks go on from the execution client; once it has recovered and synced, it builds again", async () => {
  await using world = await startWorld();
  world.builder.peerWith(world.executionClient);
  await world.builderBlock();
  await world.builder.stop();
  const blocks = [await world.opNode.buildBlock(), await world.opNode.buildBlock(), await world.opNode.buildBlock()];
  expect(blocks.map((block) => [block.number, block.builtBy])).toEqual([2, 3, 4].map((number) => [number, "op-geth"]));
  const { builders, lastDecisions } = await world.status();
  expect(lastDecisions.slice(-3).map((decision) => decision.fallbackReason)).toEqual(
    Array(3).fill("builder_unreachable"),
  );
  expect(builders).toMatchObject([{ state: "silent", reason: "does not answer: ECONNREFUSED" }]);
  await world.builder.start();
  await world.builderBlock();
});

describe("the builder's getPayload", () => {
  test.concurrent("is unanswered: the execution client's block after builderDeadlineMs", async () => {
    await using world = await startWorld({ timing: SHORT });
    world.builder.fault("engine_getPayload*", { hang: true });
    await fallsBackAndRecovers(world, { fallbackReason: "builder_late" });
    const late = (await world.status()).lastDecisions.find((decision) => decision.fallbackReason === "builder_late");
    expect(late?.tookMs).toBeGreaterThanOrEqual(299);
  });

  test.each([
    ["-38001", { error: { code: -38_001, message: "Unknown payload" } }, "builder_refused", "error -38001"],
    ["HTTP 500", { httpStatus: 500 }, "builder_refused", "HTTP 500"],
    ["HTTP 401", { httpStatus: 401 }, "builder_refused", "HTTP 401"],
    ["HTTP 302", { httpStatus: 302 }, "builder_refused", "HTTP 302"],
    ["HTML", { body: "<html><h1>502 Bad Gateway</h1></html>" }, "builder_malformed", undefined],
    ["nothing", { body: "" }, "builder_malformed", undefined],
    ["garbage", { body: Buffer.from([0x1f, 0x8b, 0x08, 0x00, 0xff]) }, "builder_malformed", undefined],
    ["half a body, then a reset", { halfBody: true }, "builder_unreachable", undefined],
    ["a closed connection", { drop: true }, "builder_unreachable", undefined],
    ["result null", { body: '{"jsonrpc":"2.0","id":1,"result":null}' }, "builder_malformed", undefined],
    ["a batch", { body: '[{"jsonrpc":"2.0","id":1,"result":{}}]' }, "builder_malformed", undefined],
    ["nested 100,000 deep", { body: `{"result":${"[".repeat(100_000)}` }, "builder_malformed", undefined],
  ])("answers %s", async (_, fault, fallbackReason, detail) => {
    await using world = await startWorld();
    world.builder.fault("engine_getPayload*", fault);
    await fallsBackAndRecovers(world, { fallbackReason, ...(detail === undefined ? {} : { detail }) });
  });

  test.each([
    ["the id of another call", (honest: string) => honest.replace('"id":1,', '"id":2,')],
    ["its id as a text", (honest: string) => honest.replace('"id":1,', '"id":"1",')],
    ["no id", (honest: string) => honest.replace('"id":1,', "")],
  ])("answers with %s", async (_, forge) => {
    await using world = await startWorld();
    const { sealed } = await sealForged(world, forge);
    expect(sealed.builtBy).toBe("op-geth");
    expect(await world.lastDecision()).toMatchObject({ fallbackReason: "builder_malformed" });
  });

  test("answers with more than a block can be: dropped at the bound", async () => {
    await using world = await startWorld({ timing: { builderDeadlineMs: 7_000, decisionDeadlineMs: 8_000 } });
    world.builder.fault("engine_getPayload*", { body: Buffer.alloc(20 * 1024 * 1024, " ") });
    await fallsBackAndRecovers(world, { fallbackReason: "builder_unreachable", detail: "answer too large" });
  });
});

describe("the builder's FCU", () => {
  test.concurrent("is unanswered: op-node's is answered at the execution client's speed, and the block is the execution client's", async () => {
    await using world = await startWorld({ timing: SHORT });
    world.builder.fault("engine_forkchoiceUpdated*", { hang: true, when: hasAttributes });
    const started = await world.opNode.startBlock();
    expect(started.startMs).toBeLessThan(1_000);
    expect((await world.opNode.insertBlock(await world.opNode.sealBlock(started))).builtBy).toBe("op-geth");
    expect(await world.lastDecision()).toMatchObject({ fallbackReason: "builder_late" });
    world.builder.heal();
    await world.builderBlock();
  });

  test.concurrent("is answered slowly, but in time: the builder's block is used", async () => {
    await using world = await startWorld();
    world.builder.fault("engine_forkchoiceUpdated*", { delayMs: 400, when: hasAttributes });
    expect((await world.opNode.buildBlock()).builtBy).toBe("rbuilder");
  });

  test.concurrent("says SYNCING, as it does not know the parent: it is not waited for (F-5)", async () => {
    await using world = await startWorld();
    await world.builderBlock();
    world.builder.forgetChain();
    expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
    expect(await world.lastDecision()).toMatchObject({ fallbackReason: "builder_syncing" });
    expect(world.builder.calls("engine_getPayload*")).toHaveLength(1);
    expect((await world.status()).builders).toMatchObject([{ state: "lagging" }]);
    world.builder.peerWith(world.executionClient);
    await world.builderBlock();
  });

  test.each([
    ["-38003", { error: { code: -38_003, message: "Invalid payload attributes" } }, "error -38003"],
    ["HTTP 503", { httpStatus: 503 }, "HTTP 503"],
    ["HTML", { body: "<html></html>" }, "the answer is not JSON-RPC"],
    ["INVALID", { result: () => ({ payloadStatus: { status: "INVALID" }, payloadId: null }) }, "FCU answered INVALID"],
    [
      "a payload id that is none",
      { result: () => ({ payloadStatus: { status: "VALID" }, payloadId: '0x1"]}' }) },
      "FCU answered VALID",
    ],
  ])("is answered %s", async (_, fault, detail) => {
    await using world = await startWorld();
    world.builder.fault("engine_forkchoiceUpdated*", { ...fault, when: hasAttributes });
    await fallsBackAndRecovers(world, { fallbackReason: "builder_refused", detail });
  });

  test("is answered VALID without a payload id: it declines", async () => {
    await using world = await startWorld();
    const result = () => ({ payloadStatus: { status: "VALID" }, payloadId: null });
    world.builder.fault("engine_forkchoiceUpdated*", { result, when: hasAttributes });
    await fallsBackAndRecovers(world, { fallbackReason: "builder_declined", detail: "FCU answered VALID" });
  });
});

test.concurrent("the builder's newPayload hangs: op-node does not wait for it", async () => {
  await using world = await startWorld({ timing: SHORT });
  world.builder.fault("engine_newPayload*", { hang: true });
  const block = await world.opNode.buildBlock();
  expect(block.builtBy).toBe("rbuilder");
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
  world.builder.heal();
  world.builder.peerWith(world.executionClient);
  await world.builderBlock();
});

test("no builder error reaches op-node: what it gets is what the execution client says, to the byte", async () => {
  await using world = await startWorld();
  world.builder.fault("engine_getPayload*", { error: { code: -32_000, message: "hunter2" } });
  const { payloadId } = await world.opNode.startBlock();
  const body = call("engine_getPayloadV4", [payloadId], 7);
  const answer = await world.engine(body);
  expect(answer.bytes).toEqual((await world.executionClientSays(body)).bytes);
  expect(JSON.stringify(await world.status())).not.toContain("hunter2");
});

test("trouble with the builder alone is 200 on /healthz: leadership must not move because of it (F-9)", async () => {
  await using world = await startWorld();
  await world.builder.stop();
  await world.opNode.buildBlock();
  for (const url of [world.urls.engine, world.urls.rpc, world.urls.admin]) {
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  }
});
