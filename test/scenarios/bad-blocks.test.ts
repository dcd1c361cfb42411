import { describe, expect, test } from "vitest";
import type { Envelope, ExecutionPayload } from "../devnet/execution-payload.ts";
import { bytesOf } from "../devnet/hex.ts";
import { bearer, call, post } from "./http-calls.ts";
import { startWorld, type World } from "./world.ts";

const OTHER_HASH = bytesOf(0xbad, 32);

/** op-node asks for a block; it must get the execution client's, byte for byte. */
async function getsOwnBlock(world: World, expected: object): Promise<void> {
  const { payloadId } = await world.opNode.startBlock();
  const body = call("engine_getPayloadV4", [payloadId], 7);
  const answer = await world.engine(body);
  expect(answer.bytes).toEqual((await world.executionClientSays(body)).bytes);
  expect(await world.lastDecision()).toMatchObject({ source: "execution_client", answered: true, ...expected });
}

/** What the execution client says to the block the builder has on offer. */
async function verdictOnOffer(world: World): Promise<unknown> {
  const { builder } = world;
  const asked = builder.calls("engine_getPayloadV4").at(-1);
  const offer = await post(builder.engineUrl, asked?.body, { authorization: await bearer(builder.jwtSecret) });
  const { executionPayload, parentBeaconBlockRoot } = (offer.json() as { readonly result: Envelope }).result;
  const body = call("engine_newPayloadV4", [executionPayload, [], parentBeaconBlockRoot, []]);
  return (await world.executionClientSays(body)).json();
}

const deposits = (payload: ExecutionPayload) =>
  payload.transactions.filter((transaction) => transaction.startsWith("0x7e"));

describe("Leader Builder Producing Bad Blocks: the execution client would call them VALID, they are not what was asked for", () => {
  const oneMore = (hex: string): string => `0x${(BigInt(hex) + 1n).toString(16)}`;
  const execution = { reseal: "execution" } as const;

  test.each([
    ["V-2", "another time", { payload: (p: ExecutionPayload) => ({ ...p, timestamp: oneMore(p.timestamp) }) }],
    ["V-3", "other randomness", { payload: (p: ExecutionPayload) => ({ ...p, prevRandao: OTHER_HASH }) }],
    [
      "V-4",
      "another fee recipient",
      { payload: (p: ExecutionPayload) => ({ ...p, feeRecipient: bytesOf(0xbad, 20) }) },
    ],
    ["V-5", "another gas limit", { payload: (p: ExecutionPayload) => ({ ...p, gasLimit: oneMore(p.gasLimit) }) }],
    [
      "V-7",
      "a missing deposit",
      { ...execution, payload: (p: ExecutionPayload) => ({ ...p, transactions: p.transactions.slice(1) }) },
    ],
    [
      "V-7",
      "a changed deposit",
      {
        ...execution,
        payload: (p: ExecutionPayload) => ({
          ...p,
          transactions: p.transactions.map((t, i) => (i === 0 ? `${t.slice(0, -2)}ff` : t)),
        }),
      },
    ],
    [
      "V-7",
      "a deposit that nobody asked for",
      {
        ...execution,
        payload: (p: ExecutionPayload) => ({
          ...p,
          transactions: [...deposits(p), "0x7e00", ...p.transactions.slice(1)],
        }),
      },
    ],
    [
      "V-7",
      "a deposit at the end",
      { ...execution, payload: (p: ExecutionPayload) => ({ ...p, transactions: [...p.transactions, "0x7e00"] }) },
    ],
    [
      "V-7",
      "the deposit behind a user's transaction",
      { ...execution, payload: (p: ExecutionPayload) => ({ ...p, transactions: [...p.transactions].reverse() }) },
    ],
    ["V-9", "another beacon root", { envelope: (e: Envelope) => ({ ...e, parentBeaconBlockRoot: OTHER_HASH }) }],
  ])("%s: %s", async (detail, _, fault) => {
    await using world = await startWorld();
    world.builder.fault("engine_getPayload*", fault);
    await getsOwnBlock(world, { fallbackReason: "attributes_mismatch", detail });
    expect(world.executionClient.calls("engine_newPayload*")).toEqual([]);
    expect(await verdictOnOffer(world)).toMatchObject({ result: { status: "VALID" } });
  });

  test("V-1: a block on another parent", async () => {
    await using world = await startWorld();
    await world.opNode.buildBlock();
    const [first] = [await world.opNode.buildBlock()];
    world.builder.fault("engine_getPayload*", {
      reseal: "execution",
      payload: (p) => ({ ...p, parentHash: first.parent.hash, blockNumber: "0x2" }),
    });
    await getsOwnBlock(world, { fallbackReason: "attributes_mismatch", detail: "V-1" });
    expect(await verdictOnOffer(world)).toMatchObject({ result: { status: "VALID" } });
  });
});

describe("Leader Builder Producing Bad Blocks: the execution client would refuse them too, and is not asked", () => {
  test("V-6: a number that does not follow the parent's", async () => {
    await using world = await startWorld();
    await world.opNode.buildBlock();
    world.executionClient.forgetCalls();
    world.builder.fault("engine_getPayload*", { payload: (p) => ({ ...p, blockNumber: "0x63" }) });
    await getsOwnBlock(world, { fallbackReason: "attributes_mismatch", detail: "V-6" });
    expect(world.executionClient.calls("engine_newPayload*")).toEqual([]);
  });

  test.each([
    [
      "V-7",
      "an empty transaction",
      { payload: (p: ExecutionPayload) => ({ ...p, transactions: [...p.transactions, "0x"] }) },
    ],
    ["V-8", "a withdrawal", { payload: (p: ExecutionPayload) => ({ ...p, withdrawals: [{ index: "0x0" }] }) }],
    [
      "V-9",
      "no beacon root",
      { envelope: ({ parentBeaconBlockRoot: _, ...e }: Envelope) => e as Envelope, reseal: "nothing" as const },
    ],
  ])("%s: %s", async (detail, _, fault) => {
    await using world = await startWorld();
    world.builder.fault("engine_getPayload*", fault);
    await getsOwnBlock(world, { fallbackReason: "attributes_mismatch", detail });
    expect(world.executionClient.calls("engine_newPayload*")).toEqual([]);
  });
});

describe("only VALID counts", () => {
  test("a block the execution client calls INVALID is not handed out", async () => {
    await using world = await startWorld();
    world.builder.fault("engine_getPayload*", { payload: (p) => ({ ...p, stateRoot: OTHER_HASH }) });
    await getsOwnBlock(world, { fallbackReason: "validation_invalid", detail: "invalid merkle root" });
    expect(world.executionClient.calls("engine_newPayload*")).toHaveLength(1);
  });

  test("nor one whose hash is not its own", async () => {
    await using world = await startWorld();
    world.builder.fault("engine_getPayload*", { payload: (p) => ({ ...p, blockHash: OTHER_HASH }), reseal: "nothing" });
    await getsOwnBlock(world, { fallbackReason: "validation_invalid" });
  });

  test.each([
    ["SYNCING", { result: () => ({ status: "SYNCING" }) }, "validation_undecided"],
    ["ACCEPTED", { result: () => ({ status: "ACCEPTED" }) }, "validation_undecided"],
    ["INVALID_BLOCK_HASH", { result: () => ({ status: "INVALID_BLOCK_HASH" }) }, "validation_invalid"],
    ["valid, in other letters", { result: () => ({ status: "valid" }) }, "validation_invalid"],
    ["no status", { result: () => ({}) }, "validation_failed"],
    ["an error", { error: { code: -32_602, message: "Invalid params" } }, "validation_failed"],
    [
      "an error beside VALID",
      { body: '{"id":1,"error":{"code":-32000},"result":{"status":"VALID"}}' },
      "validation_failed",
    ],
    ["HTTP 500", { httpStatus: 500 }, "validation_failed"],
    ["nothing, and closes the connection", { drop: true }, "validation_failed"],
  ])("the execution client answers newPayload with %s", async (_, fault, fallbackReason) => {
    await using world = await startWorld();
    world.executionClient.fault("engine_newPayload*", fault);
    await getsOwnBlock(world, { fallbackReason });
  });

  test("validation takes longer than the decision deadline: the execution client's block", async () => {
    await using world = await startWorld({ timing: { builderDeadlineMs: 400, decisionDeadlineMs: 500 } });
    world.executionClient.fault("engine_newPayload*", { hang: true });
    await getsOwnBlock(world, { fallbackReason: "validation_late" });
  });
});

test("a block with no transactions of users that is VALID is used, unless minGasUsedPercent asks for more (V-16)", async () => {
  await using world = await startWorld();
  world.builder.fault("engine_getPayload*", {
    reseal: "execution",
    payload: (p) => ({ ...p, transactions: deposits(p) }),
  });
  await world.opNode.sealBlock(await world.opNode.startBlock());
  expect(await world.lastDecision()).toMatchObject({ source: "builder" });
});
