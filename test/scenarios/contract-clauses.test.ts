import { expect, test } from "vitest";
import type { Envelope, ExecutionPayload } from "../devnet/execution-payload.ts";
import { bytesOf } from "../devnet/hex.ts";
import { OpNode } from "../devnet/op-node.ts";
import { until } from "../devnet/until.ts";
import { bearer, call, get, post } from "./http-calls.ts";
import { startWorld, type World } from "./world.ts";

const builderState = async (world: World) => (await world.status()).builders[0]?.state;

test("net_* is not on the engine port of an execution client: it is answered on the rpc port, and there alone (E-4)", async () => {
  await using world = await startWorld();
  const body = call("net_peerCount");
  expect((await post(world.urls.rpc, body)).json()).toMatchObject({ result: "0x0" });
  expect((await world.engine(body)).bytes).toEqual((await world.executionClientSays(body)).bytes);
  expect((await world.engine(body)).json()).toMatchObject({ error: { code: -32_601 } });
});

test.each(["ok", "refused", "builder down"])(
  "miner_setMaxDASize: op-batcher gets the execution client's own answer, never an error of ours (E-9): %s",
  async (state) => {
    await using world = await startWorld();
    if (state === "refused") {
      world.executionClient.fault("miner_*", { error: { code: -32_000, message: "no", data: { why: "limit" } } });
    }
    if (state === "ok") world.executionClient.fault("miner_*", { body: '{"jsonrpc":"2.0","id":1,"result":true}' });
    if (state === "builder down") await world.builder.stop();
    const body = call("miner_setMaxDASize", ["0x0", "0x1f400"]);
    const [answer, own] = [await post(world.urls.rpc, body), await post(world.executionClient.rpcUrl, body)];
    expect([answer.status, answer.text]).toEqual([own.status, own.text]);
  },
);

test("a job is cancelled by its getPayload, then another is begun: both are answered, each with a block of its own (E-15)", async () => {
  await using world = await startWorld();
  const cancelled = await world.opNode.startBlock();
  const first = await world.opNode.sealBlock(cancelled);
  const next = await world.opNode.startBlock({
    attributes: { ...cancelled.attributes, eip1559Params: "0x000000fa00000007" },
  });
  const second = await world.opNode.sealBlock(next);
  expect([first.builtBy, second.builtBy]).toEqual(["rbuilder", "rbuilder"]);
  expect(second.hash).not.toBe(first.hash);
  expect((await world.opNode.insertBlock(second)).number).toBe(1);
});

test("op-node has no builder's block before the execution client has called it VALID (F-4)", async () => {
  await using world = await startWorld();
  world.executionClient.fault("engine_newPayload*", { delayMs: 300 });
  const sealed = await world.opNode.sealBlock(await world.opNode.startBlock());
  expect(sealed.builtBy).toBe("rbuilder");
  expect(sealed.getPayloadMs).toBeGreaterThanOrEqual(295);
  world.executionClient.heal();
  world.builder.fault("engine_getPayload*", {
    payload: (p: ExecutionPayload) => ({ ...p, receiptsRoot: bytesOf(0xbad, 32) }),
  });
  await world.opNode.insertBlock(sealed);
  const { executionPayload, parentBeaconBlockRoot } = (await world.opNode.sealBlock(await world.opNode.startBlock()))
    .envelope;
  const verdict = await world.executionClientSays(
    call("engine_newPayloadV4", [executionPayload, [], parentBeaconBlockRoot, []]),
  );
  expect(verdict.json()).toMatchObject({ result: { status: "VALID" } });
});

test("a builder that is one block ahead, by its own op-node: what it builds on our head is used, and the chain goes on (F-6)", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  const started = await world.opNode.startBlock();
  const ahead = await (async () => {
    const body = call("engine_getPayloadV4", [started.payloadId]);
    return ((await world.executionClientSays(body)).json() as { readonly result: Envelope }).result;
  })();
  const headers = { authorization: await bearer(world.builder.jwtSecret) };
  const { executionPayload, parentBeaconBlockRoot } = ahead;
  const { blockHash, parentHash } = executionPayload;
  const state = { headBlockHash: blockHash, safeBlockHash: parentHash, finalizedBlockHash: parentHash };
  await post(
    world.builder.engineUrl,
    call("engine_newPayloadV4", [executionPayload, [], parentBeaconBlockRoot, []]),
    headers,
  );
  await post(world.builder.engineUrl, call("engine_forkchoiceUpdatedV3", [state, null]), headers);
  expect(world.builder.head().payload.blockHash).toBe(blockHash);
  const block = await world.opNode.buildBlock();
  expect([block.number, block.builtBy]).toEqual([2, "rbuilder"]);
  expect((await world.opNode.buildBlock()).number).toBe(3);
});

test("a follower, which never asks for a payload, sees its builder fail and recover (F-8)", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  const payloads = world.builder.calls("engine_getPayload*").length;
  await world.builder.stop();
  const head = world.executionClient.head().payload;
  const state = { headBlockHash: head.blockHash, safeBlockHash: head.parentHash, finalizedBlockHash: head.parentHash };
  const follow = () => world.opNode.call("engine_forkchoiceUpdatedV3", [state, null]);
  const seen = (expected: string) =>
    until(`the builder ${expected}`, async () => {
      await follow();
      return (await builderState(world)) === expected || undefined;
    });
  await seen("silent");
  await world.builder.start();
  await seen("healthy");
  expect(world.builder.calls("engine_getPayload*")).toHaveLength(payloads);
});

test("/healthz depends on nothing remote: with builder and execution client hung it is answered at once (F-10)", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  world.builder.fault("*", { hang: true });
  world.executionClient.fault("*", { hang: true });
  for (const url of [world.urls.engine, world.urls.rpc]) {
    const askedAtMs = performance.now();
    expect([200, 503]).toContain((await get(`${url}/healthz`)).status);
    expect(performance.now() - askedAtMs).toBeLessThan(1_000);
  }
});

test("the execution client was restarted and answers SYNCING to an FCU: op-node hears it as it is, and resets (F-12)", async () => {
  await using world = await startWorld();
  const { hash, parent } = await world.builderBlock();
  world.executionClient.forgetChain();
  const state = { headBlockHash: hash, safeBlockHash: parent.hash, finalizedBlockHash: parent.hash };
  const body = call("engine_forkchoiceUpdatedV3", [state, null]);
  const answer = await world.engine(body);
  expect(answer.json()).toMatchObject({ result: { payloadStatus: { status: "SYNCING" }, payloadId: null } });
  expect(answer.bytes).toEqual((await world.executionClientSays(body)).bytes);
});

test("a fork's activation block (noTxPool) bypasses every builder: it is exactly the transactions asked for (F-14)", async () => {
  await using world = await startWorld({ builders: ["alpha", "beta"] });
  const block = await world.opNode.buildBlock({ noTxPool: true });
  expect(block.envelope.executionPayload.transactions).toEqual(block.attributes.transactions);
  for (const name of ["alpha", "beta"]) {
    expect(world.builderNamed(name).calls("engine_getPayload*")).toEqual([]);
  }
});

test("the operator is dead: the last wiring stays, also over a restart, and blocks go on (F-16)", async () => {
  await using world = await startWorld({ builders: ["alpha", "beta"] });
  const [, beta] = world.config().builders;
  await world.push({ builders: beta === undefined ? [] : [beta] });
  await world.restartProxy();
  const status = await world.status();
  expect([status.revision, status.builders.map(({ name }) => name)]).toEqual([2, ["beta"]]);
  expect((await world.opNode.buildBlock()).builtBy).toBe("beta");
});

test("a second op-node behind the same proxy, on the same parent with the same origin, gets the same id and the same bytes (E-17)", async () => {
  await using world = await startWorld();
  const { executionClient, urls, opNode } = world;
  await using other = new OpNode({ name: "other", engineUrl: urls.engine, jwtSecret: executionClient.jwtSecret });
  const started = await opNode.startBlock();
  const same = await other.startBlock({ attributes: started.attributes });
  expect(same.payloadId).toBe(started.payloadId);
  expect((await other.sealBlock(same)).answer).toContain((await opNode.sealBlock(started)).hash);
});
