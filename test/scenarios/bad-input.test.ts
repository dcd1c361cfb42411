import { expect, test } from "vitest";
import { call, get, post } from "./http-calls.ts";
import { startWorld, type World } from "./world.ts";

/** Answers are counted by this one, so that a test sees whether the proxy itself failed. */
const violations = async (world: World): Promise<string | undefined> =>
  (await get(`${world.urls.admin}/metrics`)).text.match(/invariant_violations_total (\d+)/)?.[1];

const state = (hash: string): string =>
  `{"headBlockHash":"${hash}","safeBlockHash":"${hash}","finalizedBlockHash":"${hash}"}`;

/** Text that no caller should send, by what is wrong with it; `hash` and `payloadId` are good ones. */
const badInput = (hash: string, payloadId: string): readonly (readonly [string, string | Buffer])[] => {
  const fcu = `{"jsonrpc":"2.0","id":1,"method":"engine_forkchoiceUpdatedV3","params":[${state(hash)},null]}`;
  const deep = (depth: number): string => `${"[".repeat(depth)}${"]".repeat(depth)}`;
  return [
    ["truncated", fcu.slice(0, -3)],
    ["truncated within a text", fcu.slice(0, 30)],
    ["with something behind it", `${fcu}]`],
    ["nested 31 deep", call("engine_forkchoiceUpdatedV3", [JSON.parse(deep(31)), null])],
    ["nested 100,000 deep", `{"id":1,"method":"eth_chainId","params":${deep(100_000)}}`],
    ["300,000 values", `{"id":1,"method":"eth_chainId","params":[${"0,".repeat(300_000)}0]}`],
    ["not UTF-8", Buffer.from(fcu.replace('"id":1', '"id":"\u00ff"'), "latin1")],
    ["not UTF-8, in the method", Buffer.from(fcu.replace("V3", "V\u00ff"), "latin1")],
    ["with a byte order mark", `\ufeff${fcu}`],
    ["UTF-16", Buffer.from(fcu, "utf16le")],
    ["zero bytes", Buffer.alloc(64)],
    ["a key twice", fcu.replace('"params"', '"params":[],"params"')],
    ["a key twice, in another case", fcu.replace('"params"', '"Params":[],"params"')],
    ["a key twice, deep inside", fcu.replace('"safeBlockHash"', '"headBlockHash":"0x00","safeBlockHash"')],
    ["a method spelt with an escape", fcu.replace("engine_", "\\u0065ngine_")],
    ["a key spelt with an escape", fcu.replace('"method"', '"m\\u0065thod"')],
    ["a payload id spelt with an escape", call("engine_getPayloadV4", [payloadId]).replace("0x", "0\\u0078")],
    ["parameters by name", `{"jsonrpc":"2.0","id":1,"method":"engine_forkchoiceUpdatedV3","params":{"state":1}}`],
    ["a number for the head", call("engine_forkchoiceUpdatedV3", [{ headBlockHash: 7 }, null])],
    ["a text for the attributes", call("engine_forkchoiceUpdatedV3", [JSON.parse(state(hash)), "attributes"])],
    ["attributes of nothing", call("engine_forkchoiceUpdatedV3", [JSON.parse(state(hash)), {}])],
    ["an object for the payload id", call("engine_getPayloadV4", [{ payloadId }])],
    ["a payload id of a megabyte", call("engine_getPayloadV4", [`0x${"a".repeat(1_000_000)}`])],
    ["no payload id", call("engine_getPayloadV4", [])],
    ["a list for the payload", call("engine_newPayloadV4", [[], [], null, []])],
    ["a number for the method", '{"jsonrpc":"2.0","id":1,"method":7,"params":[]}'],
    ["an object for the id", '{"jsonrpc":"2.0","id":{},"method":"eth_chainId","params":[]}'],
    ["no method", '{"jsonrpc":"2.0","id":1}'],
    ["an empty batch", "[]"],
    ["a batch of nothing that is a call", "[1,null,[]]"],
    ["a batch with an FCU in it", `[${fcu},${call("eth_chainId")}]`],
    ["a notification", fcu.replace('"id":1,', "")],
    ["a number", "7"],
    ["nothing", ""],
  ];
};

test("whatever is sent to the engine port, the caller gets the execution client's answer, and the next block comes", async () => {
  await using world = await startWorld();
  const { hash } = await world.builderBlock();
  const { payloadId } = await world.opNode.startBlock();
  for (const [name, body] of badInput(hash, payloadId)) {
    const [answer, own] = [await world.engine(body), await world.executionClientSays(body)];
    expect([name, answer.status, answer.text]).toEqual([name, 200, own.text]);
  }
  expect((await world.opNode.buildBlock()).builtBy).toBe("rbuilder");
  expect(await violations(world)).toBe("0");
});

test("whatever is sent to the rpc port, the caller gets an answer, and nothing of the Engine API reaches anybody", async () => {
  await using world = await startWorld();
  const { hash } = await world.builderBlock();
  const { payloadId } = await world.opNode.startBlock();
  const seen = (): number => world.executionClient.calls("engine_*").filter((one) => one.endpoint === "rpc").length;
  for (const [name, body] of badInput(hash, payloadId)) {
    const answer = await post(world.urls.rpc, body);
    expect([name, answer.status, answer.headers["content-type"]]).toEqual([
      name,
      200,
      expect.stringContaining("application/json"),
    ]);
    expect(seen()).toBe(0);
  }
  expect((await world.opNode.buildBlock()).builtBy).toBe("rbuilder");
});
