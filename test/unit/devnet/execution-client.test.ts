import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import type { PayloadStatus } from "../../devnet/chain.ts";
import { startExecutionClient } from "../../devnet/execution-client.ts";
import type { Envelope } from "../../devnet/execution-payload.ts";
import { bytesOf } from "../../devnet/hex.ts";
import { JsonRpcCaller } from "../../devnet/json-rpc-caller.ts";
import { OpNode } from "../../devnet/op-node.ts";

const jwtSecret = "2a".repeat(32);
const genesisTimestampS = Math.floor(Date.now() / 2_000) * 2;

async function world() {
  const stack = new AsyncDisposableStack();
  const el = stack.use(await startExecutionClient({ name: "el", jwtSecret, genesisTimestampS }));
  const opNode = stack.use(new OpNode({ name: "op-node", engineUrl: el.engineUrl, jwtSecret }));
  return { el, opNode, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const newPayload = async (opNode: OpNode, envelope: Envelope): Promise<PayloadStatus> => {
  const params = [envelope.executionPayload, [], envelope.parentBeaconBlockRoot, []];
  const reply = await opNode.call("engine_newPayloadV4", params);
  if (reply.kind !== "result") throw new Error(`no status: ${JSON.stringify(reply)}`);
  return reply.result as PayloadStatus;
};

test("op-node's sequence of calls makes a block the head, with the deposit first and then the client's own transactions", async () => {
  await using w = await world();
  const block = await w.opNode.buildBlock();
  expect(w.el.head().payload.blockHash).toBe(block.hash);
  expect(block.envelope.executionPayload.transactions).toHaveLength(3);
  expect(block).toMatchObject({ number: 1, builtBy: "el" });
  expect(w.el.calls("engine_*").map((call) => call.method)).toEqual([
    "engine_forkchoiceUpdatedV3",
    "engine_forkchoiceUpdatedV3",
    "engine_getPayloadV4",
    "engine_newPayloadV4",
    "engine_forkchoiceUpdatedV3",
  ]);
});

test("a minBaseFee of 2^64-1 stays exact: on the wire, in what is recorded, in the block (E-12)", async () => {
  await using w = await world();
  const block = await w.opNode.buildBlock({ attributes: { minBaseFee: 2n ** 64n - 1n } });
  const call = w.el.calls("engine_forkchoiceUpdatedV3").find(({ params }) => params[1] !== null);
  expect(call?.body.toString()).toContain('"minBaseFee":18446744073709551615}');
  expect(call?.params[1]).toMatchObject({ minBaseFee: 18_446_744_073_709_551_615n });
  expect(block.envelope.executionPayload.extraData).toBe("0x01000000fa00000006ffffffffffffffff");
});

test("the same head and attributes give the same payload id and block, others another (E-17)", async () => {
  await using w = await world();
  const first = await w.opNode.startBlock();
  const again = await w.opNode.startBlock({ attributes: first.attributes });
  const other = await w.opNode.startBlock({ attributes: { ...first.attributes, prevRandao: bytesOf(7, 32) } });
  expect(again.payloadId).toBe(first.payloadId);
  expect(other.payloadId).not.toBe(first.payloadId);
  expect((await w.opNode.sealBlock(first)).hash).toBe((await w.opNode.sealBlock(first)).hash);
});

test("with noTxPool a block holds the attributes' transactions alone", async () => {
  await using w = await world();
  const block = await w.opNode.buildBlock({ noTxPool: true });
  expect(block.envelope.executionPayload.transactions).toEqual(block.attributes.transactions);
});

test("a block of unknown parent is SYNCING, and so is an FCU that names it", async () => {
  await using ahead = await world();
  await using behind = await world();
  await ahead.opNode.buildBlock();
  const { envelope, hash } = await ahead.opNode.buildBlock();
  expect(await newPayload(behind.opNode, envelope)).toEqual({
    status: "SYNCING",
    latestValidHash: null,
    validationError: null,
  });
  const state = { headBlockHash: hash, safeBlockHash: bytesOf(0, 32), finalizedBlockHash: bytesOf(0, 32) };
  const reply = await behind.opNode.call("engine_forkchoiceUpdatedV3", [state, null]);
  expect(reply).toMatchObject({ result: { payloadStatus: { status: "SYNCING" }, payloadId: null } });
});

test.for([
  { lie: "another gas used", change: { gasUsed: "0x1" }, reseal: "hash", status: "INVALID", error: /invalid gas used/ },
  {
    lie: "another state root",
    change: { stateRoot: bytesOf(1, 32) },
    reseal: "hash",
    status: "INVALID",
    error: /merkle/,
  },
  {
    lie: "another hash",
    change: { gasUsed: "0x1" },
    reseal: "nothing",
    status: "INVALID",
    error: /^blockhash mismatch/,
  },
  { lie: "another gas limit", change: { gasLimit: "0x1000000" }, reseal: "hash", status: "VALID", error: undefined },
  { lie: "no deposit", change: { transactions: [] }, reseal: "execution", status: "VALID", error: undefined },
] as const)(
  "newPayload judges a block with $lie against its parent only: $status",
  async ({ change, reseal, status, error }) => {
    await using w = await world();
    const started = await w.opNode.startBlock();
    w.el.fault("engine_getPayload*", { payload: (payload) => ({ ...payload, ...change }), reseal });
    const reply = await w.opNode.call("engine_getPayloadV4", [started.payloadId]);
    if (reply.kind !== "result") throw new Error("no payload");
    const verdict = await newPayload(w.opNode, reply.result as Envelope);
    expect(verdict.status).toBe(status);
    if (error !== undefined) {
      expect(verdict.validationError).toMatch(error);
      expect(verdict.latestValidHash).toBe(reseal === "nothing" ? null : started.parent.hash);
    }
  },
);

test("an unknown payload id is -38001, another fork's version -38005, an unknown method -32601, each with HTTP 200", async () => {
  await using w = await world();
  expect(await w.opNode.call("engine_getPayloadV4", ["0x0300000000000000"])).toMatchObject({ code: -38001 });
  expect(await w.opNode.call("engine_getPayloadV5", ["0x0300000000000000"])).toMatchObject({ code: -38005 });
  expect(await w.opNode.call("engine_getPayloadV9", [])).toMatchObject({ code: -32601 });
});

test("Karst asks by getPayloadV5, Ecotone by V3 and newPayloadV3 (E-11)", async () => {
  for (const [fork, version] of [
    ["karst", "5"],
    ["ecotone", "3"],
  ] as const) {
    await using el = await startExecutionClient({ name: "el", jwtSecret, genesisTimestampS, fork });
    await using opNode = new OpNode({ name: "op-node", engineUrl: el.engineUrl, jwtSecret, fork });
    await opNode.buildBlock();
    expect(el.calls("engine_getPayload*").map((call) => call.method)).toEqual([`engine_getPayloadV${version}`]);
  }
});

test("the engine port refuses every token that op-geth refuses, with 401 and its reason (E-2)", async () => {
  await using w = await world();
  const nowS = Math.floor(Date.now() / 1000);
  const status = async (token: string | undefined) => {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const response = await fetch(w.el.engineUrl, { method: "POST", headers, body: '{"id":1,"method":"eth_chainId"}' });
    return [response.status, await response.text()];
  };
  expect(await status(undefined)).toEqual([401, "missing token"]);
  expect(await status(token({ iat: nowS - 61 }))).toEqual([401, "stale token"]);
  expect(await status(token({ iat: nowS + 65 }))).toEqual([401, "future token"]);
  expect(await status(token({}))).toEqual([401, "missing issued-at"]);
  expect(await status(token({ iat: nowS }, "another secret"))).toEqual([401, "signature verification failed"]);
  expect(await status(token({ iat: nowS - 50, id: "any" }))).toEqual([
    200,
    '{"jsonrpc":"2.0","id":1,"result":"0x385"}',
  ]);
});

test("the plain port needs no token and serves no engine method (E-4)", async () => {
  await using w = await world();
  await using caller = new JsonRpcCaller(w.el.rpcUrl);
  expect(await caller.call("eth_blockNumber", [])).toMatchObject({ result: "0x0" });
  expect(await caller.call("engine_getPayloadV4", ["0x03"])).toMatchObject({ code: -32601 });
});

test("a stopped client refuses connections and keeps its chain; its payload jobs are gone", async () => {
  await using w = await world();
  const block = await w.opNode.buildBlock();
  const started = await w.opNode.startBlock();
  await w.el.stop();
  expect(await w.opNode.call("eth_blockNumber", [])).toMatchObject({ kind: "failed" });
  await w.el.start();
  expect(w.el.head().payload.blockHash).toBe(block.hash);
  await expect(w.opNode.sealBlock(started)).rejects.toMatchObject({ step: "seal", code: -38001 });
});

test.for([
  {
    name: "an HTTP status",
    fault: { httpStatus: 503 },
    reply: { kind: "failed", reason: expect.stringContaining("503") },
  },
  { name: "an error", fault: { error: { code: -38006, message: "deep" } }, reply: { kind: "error", code: -38006 } },
  { name: "other bytes", fault: { body: "<html>" }, reply: { kind: "failed" } },
  { name: "a dropped connection", fault: { drop: true }, reply: { kind: "failed" } },
  { name: "half an answer", fault: { halfBody: true }, reply: { kind: "failed" } },
  { name: "a delay", fault: { delayMs: 80 }, reply: { kind: "result" } },
])("a fault on command: $name, and only as often as asked", async ({ fault, reply }) => {
  await using w = await world();
  w.el.fault("eth_*", { ...fault, times: 1 });
  const answer = await w.opNode.call("eth_chainId", []);
  expect(answer).toMatchObject(reply);
  if ("delayMs" in fault) expect(answer.tookMs).toBeGreaterThanOrEqual(75);
  expect(await w.opNode.call("eth_chainId", [])).toMatchObject({ result: "0x385" });
});

function token(claims: object, secret: string | Buffer = Buffer.from(jwtSecret, "hex")): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}
