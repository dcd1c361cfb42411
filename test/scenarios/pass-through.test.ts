import { Readable } from "node:stream";
import { gunzipSync } from "node:zlib";
import { request } from "undici";
import { describe, expect, test } from "vitest";
import { bearer, call, post } from "./http-calls.ts";
import { startWorld } from "./world.ts";

describe("everything else goes to the execution client only, bytes untouched in both directions (E-6, E-7)", () => {
  test.each([
    ["a block", call("eth_getBlockByNumber", ["latest", true], "a")],
    ["a block that is not there", call("eth_getBlockByHash", [`0x${"00".repeat(32)}`, false])],
    ["an unknown method", call("eth_nothing")],
    ["an unknown engine_* method", call("engine_getBlobsV2", [[]])],
    ["engine_exchangeCapabilities", call("engine_exchangeCapabilities", [["engine_newPayloadV4"]])],
    ["a version of another fork", call("engine_getPayloadV2", ["0x0300000000000000"])],
    ["a later version", call("engine_getPayloadV9", ["0x0300000000000000"])],
    ["a batch", `[${call("eth_chainId", [], 1)} , ${call("eth_blockNumber", [], 2)},${call("nothing", [], 3)}]`],
    ["an empty batch", "[]"],
    ["a notification", '{"jsonrpc":"2.0","method":"eth_chainId"}'],
    ["not JSON", "<html>"],
    ["nothing", ""],
    ["a method in white space", '\n{ "method" : "eth_chainId",\t"id" : 1.0 }\r\n'],
    ["a key twice", '{"id":1,"method":"eth_blockNumber","method":"eth_chainId"}'],
    ["an FCU without parameters", call("engine_forkchoiceUpdatedV3", [])],
    ["a newPayload of nothing", call("engine_newPayloadV4", [null, null])],
    ["a getPayload of a number", call("engine_getPayloadV4", [7])],
  ])("%s", async (_, body) => {
    await using world = await startWorld();
    const answer = await world.engine(body);
    expect(answer.status).toBe(200);
    expect(answer.text).toBe((await world.executionClientSays(body)).text);
    expect(world.builder.calls()).toEqual(world.builder.calls("engine_newPayload*"));
  });

  test("a method name that is spelt with an escape is nobody's but the execution client's", async () => {
    await using world = await startWorld();
    const { payloadId } = await world.opNode.startBlock();
    const body = `{"jsonrpc":"2.0","id":1,"method":"engine_getPayload\\u00564","params":["${payloadId}"]}`;
    expect((await world.engine(body)).bytes).toEqual((await world.executionClientSays(body)).bytes);
    expect((await world.status()).lastDecisions).toEqual([]);
  });
});

test("an answer is compressed only for a caller that asks for it", async () => {
  await using world = await startWorld();
  const body = call("eth_getBlockByNumber", ["latest", false]);
  const plain = await world.engine(body);
  expect(plain.headers).not.toHaveProperty("content-encoding");
  for (const answer of [
    await world.engine(body, { "accept-encoding": "gzip" }),
    await post(world.urls.rpc, body, { "accept-encoding": "gzip" }),
  ]) {
    expect(answer.headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(answer.bytes)).toEqual(plain.bytes);
  }
  const engine = await world.engine(call("engine_getPayloadV4", ["0x0300000000000000"]), { "accept-encoding": "gzip" });
  expect(engine.json()).toMatchObject({ error: { code: -38_001 } });
});

test("a chunked request, on any path, with any or no content type", async () => {
  await using world = await startWorld();
  const body = call("eth_chainId", [], 5);
  const authorization = await bearer(world.executionClient.jwtSecret);
  for (const headers of [{}, { "content-type": "text/plain" }, { "content-type": "application/json; charset=utf-8" }]) {
    const answer = await request(`${world.urls.engine}/any/path?x=1`, {
      method: "POST",
      headers: { authorization, ...headers },
      body: Readable.from([body.slice(0, 10), body.slice(10, 20), body.slice(20)].map((part) => Buffer.from(part))),
    });
    expect(await answer.body.json()).toMatchObject({ id: 5, result: "0x385" });
  }
});

test("a request above 128 MiB: a JSON-RPC error with HTTP 200, and the connection goes on", async () => {
  await using world = await startWorld();
  const megabyte = Buffer.alloc(1024 * 1024, " ");
  const answer = await request(world.urls.engine, {
    method: "POST",
    headers: { authorization: await bearer(world.executionClient.jwtSecret) },
    body: Readable.from(
      (function* () {
        for (let count = 0; count < 129; count += 1) yield megabyte;
      })(),
    ),
  });
  expect(answer.statusCode).toBe(200);
  expect(await answer.body.json()).toMatchObject({ id: null, error: { code: -32_600 } });
  expect(answer.headers.connection).not.toBe("close");
  expect(world.executionClient.calls("*").filter((seen) => seen.body.length > 1_000)).toEqual([]);
});

test("the execution client is down: a JSON-RPC error with HTTP 200, soon; op-node takes it as temporary (E-3)", async () => {
  await using world = await startWorld();
  const { payloadId } = await world.opNode.startBlock();
  await Promise.all([world.executionClient.stop(), world.builder.stop()]);
  const startedMs = performance.now();
  const calls = ["eth_chainId", "engine_getPayloadV4", "engine_newPayloadV4", "engine_forkchoiceUpdatedV3"];
  const answers = await Promise.all([
    ...calls.map((method) => world.engine(call(method, method.includes("get") ? [payloadId] : [], "id"))),
    post(world.urls.rpc, call("eth_chainId", [], "id")),
  ]);
  for (const answer of answers) {
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({
      jsonrpc: "2.0",
      id: "id",
      error: { code: -32_603, message: "the execution client cannot be reached: ECONNREFUSED" },
    });
  }
  expect(performance.now() - startedMs).toBeLessThan(1_000);
});

test("the execution client answers with an HTTP error: op-node gets a JSON-RPC error with HTTP 200 (E-3)", async () => {
  await using world = await startWorld();
  world.executionClient.fault("engine_*", { httpStatus: 503 });
  world.executionClient.fault("eth_*", { httpStatus: 429 });
  expect((await world.engine(call("engine_newPayloadV4", [], 3))).json()).toMatchObject({
    id: 3,
    error: { code: -32_603, message: "the execution client answered HTTP 503" },
  });
  expect((await world.engine(call("eth_chainId", [], 3))).json()).toMatchObject({
    error: { message: "the execution client answered HTTP 429" },
  });
});
