import { describe, expect, test } from "vitest";
import { call, get, post } from "./http-calls.ts";
import { startWorld } from "./world.ts";

test("op-conductor's calls are answered without a JWT by the execution client's plain port (E-8)", async () => {
  await using world = await startWorld();
  const calls = [
    call("eth_getBlockByNumber", ["latest", false], 1),
    call("net_peerCount", [], "two"),
    call("admin_peers", [], null),
    `[${call("eth_chainId")},${call("net_version")}]`,
    call("nothing"),
  ];
  for (const body of calls) {
    const answer = await post(`${world.urls.rpc}/`, body);
    expect(answer.status).toBe(200);
    expect(answer.bytes).toEqual((await post(world.executionClient.rpcUrl, body)).bytes);
  }
  const seen = world.executionClient.calls("net_peerCount");
  expect(seen.map(({ endpoint, headers }) => [endpoint, headers.authorization])).toEqual(
    Array(2).fill(["rpc", undefined]),
  );
});

describe("never engine_*", () => {
  test.each([
    ["alone", call("engine_getPayloadV4", ["0x0300000000000000"], 9)],
    ["within a batch", `[${call("eth_chainId")},${call("engine_newPayloadV4")}]`],
    ["spelt with an escape", '{"id":1,"method":"\\u0065ngine_getPayloadV4","params":[]}'],
    ["spelt with an escape, within a batch", '[{"id":1,"method":"eng\\u0069ne_getPayloadV4","params":[]}]'],
    ["as the second of two methods", '{"id":1,"method":"eth_chainId","method":"engine_getPayloadV4"}'],
    ["as the second of two methods, in another case", '{"id":1,"method":"eth_chainId","Method":"engine_getPayloadV4"}'],
    ["under an escaped key", '{"id":1,"\\u006dethod":"engine_getPayloadV4"}'],
    ["with something behind it", `${call("engine_getPayloadV4")} }`],
    [
      "nested too deep to be read",
      `{"id":1,"params":${"[".repeat(50)}${"]".repeat(50)},"method":"engine_getPayloadV4"}`,
    ],
  ])("%s", async (_, body) => {
    await using world = await startWorld();
    const before = world.executionClient.calls("*").filter(({ endpoint }) => endpoint === "rpc").length;
    const answer = await post(world.urls.rpc, body);
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ error: { code: expect.any(Number), message: expect.stringMatching(/\w/) } });
    expect(world.executionClient.calls("*").filter(({ endpoint }) => endpoint === "rpc")).toHaveLength(before);
  });

  test("compressed, so that it cannot be read", async () => {
    await using world = await startWorld();
    const answer = await post(world.urls.rpc, call("engine_getPayloadV4"), { "content-encoding": "gzip" });
    expect(answer.json()).toMatchObject({ error: { code: -32_600 } });
    expect(world.executionClient.calls("engine_*")).toEqual([]);
  });

  test("the error names the port that has them", async () => {
    await using world = await startWorld();
    expect((await post(world.urls.rpc, call("engine_getPayloadV4", [], 9))).json()).toEqual({
      jsonrpc: "2.0",
      id: 9,
      error: { code: -32_601, message: "engine_* methods need a JWT, and the engine port" },
    });
  });
});

test("an execution.rpc with a slash at its end still finds /healthz (engine contract 1.4)", async () => {
  await using world = await startWorld();
  for (const url of [world.urls.rpc, world.urls.engine]) {
    for (const path of ["/healthz", "//healthz", "/livez", "/readyz"])
      expect((await get(`${url}${path}`)).status).toBe(200);
  }
});
