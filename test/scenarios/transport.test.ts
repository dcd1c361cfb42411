import { Readable } from "node:stream";
import { request } from "undici";
import { expect, test } from "vitest";
import { bearer, call, post } from "./http-calls.ts";
import { startWorld, type World } from "./world.ts";

const body = call("eth_chainId", [], 5);

/** Both ports, with what each needs. */
async function ports({ urls, executionClient }: World) {
  return [
    {
      url: urls.engine,
      own: executionClient.engineUrl,
      headers: { authorization: await bearer(executionClient.jwtSecret) },
    },
    { url: urls.rpc, own: executionClient.rpcUrl, headers: {} as Record<string, string> },
  ];
}

test("an answer of pieces without an announced length is passed on byte for byte, on both ports", async () => {
  await using world = await startWorld();
  world.executionClient.fault("eth_chainId", { paddingBytes: 300_000 });
  for (const { url, own, headers } of await ports(world)) {
    const answer = await post(url, body, headers);
    expect(answer.bytes.length).toBeGreaterThan(300_000);
    expect(answer.bytes).toEqual((await post(own, body, headers)).bytes);
  }
});

test("a request of pieces without an announced length, and a large one, reach the execution client byte for byte", async () => {
  await using world = await startWorld();
  const large = call("eth_large", ["x".repeat(4_000_000)], 5);
  for (const { url, headers } of await ports(world)) {
    for (const text of [body, large]) {
      world.executionClient.forgetCalls();
      const pieces = Readable.from([text.slice(0, 20), text.slice(20)].map((piece) => Buffer.from(piece)));
      const answer = await request(url, { method: "POST", headers, body: pieces });
      expect([answer.statusCode, await answer.body.json()]).toEqual([200, expect.objectContaining({ id: 5 })]);
      expect(world.executionClient.calls("eth_*").at(-1)?.body.toString()).toBe(text);
    }
  }
});

test("a slow answer of the execution client is waited for: our deadlines bound builders, never it", async () => {
  await using world = await startWorld({ timing: { builderDeadlineMs: 50, decisionDeadlineMs: 100 } });
  world.executionClient.fault("engine_getPayload*", { dripEveryMs: 1, times: 1 });
  world.builder.fault("engine_getPayload*", { hang: true });
  expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
});
