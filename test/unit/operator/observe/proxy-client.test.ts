import { expect, test } from "vitest";
import { observeProxy } from "../../../../operator/observe/proxy-client.ts";
import { cluster } from "../kit/cluster.ts";
import { httpStub, type StubAnswer } from "../kit/http-stub.ts";
import { proxyStatus, settled } from "../kit/observed.ts";

const written = settled(cluster()).sequencers["sequencer-0"]?.written;
if (written === undefined) throw new Error("nothing was written");
const status = proxyStatus(written);

const observe = async (answer: StubAnswer) => {
  await using stub = await httpStub(() => answer);
  return await observeProxy({ name: "pod-a", adminUrl: stub.url, ready: true }, new AbortController().signal);
};

test("a proxy's status is read as it is", async () => {
  expect(await observe({ body: JSON.stringify(status) })).toMatchObject({ name: "pod-a", ready: true, status });
});

test("a newer proxy's fields and reasons do not hide its status", async () => {
  const decision = {
    at: "x",
    payloadId: "0x1",
    source: "builder",
    tookMs: 1,
    answered: true,
    fallbackReason: "brand_new",
  };
  const newer = {
    ...status,
    brandNew: 1,
    blocks: { ...status.blocks, byFallbackReason: { brand_new: 3 } },
    lastDecisions: [decision],
  };
  expect(await observe({ body: JSON.stringify(newer) })).toMatchObject({ status: { revision: 1, lastDecisions: [] } });
});

test.each([
  ["not JSON", { body: "<html>" }, "its admin port answered something that is not JSON"],
  ["another server", { body: '{"ok":true}' }, "GET /status is not a proxy's: schemaVersion: found nothing"],
  ["an error", { statusCode: 503, body: "{}" }, "GET /status answered HTTP 503"],
  ["an endless answer", { body: `"${"x".repeat(2_000_000)}"` }, "its admin port answered more than 1048576 bytes"],
  ["no answer", "hang", "its admin port gave no answer within 1000 ms"],
] as const)("%s: no status, and a problem that says why", async (_, answer, problem) => {
  const observed = await observe(answer);
  expect(observed.status).toBeUndefined();
  expect(observed.problem).toContain(problem);
});

test("nobody there: no status, and a problem that says why", async () => {
  const proxy = { name: "pod-a", adminUrl: "http://127.0.0.1:1", ready: false };
  expect(await observeProxy(proxy, new AbortController().signal)).toEqual({
    ...proxy,
    status: undefined,
    problem: "its admin port cannot be reached (ECONNREFUSED)",
  });
});
