import { expect, test } from "vitest";
import { KubeError } from "../../../operator/kubernetes/kube-error.ts";
import { fakeApiServer, pod, podList } from "./fake-api-server.ts";

test("requests one after the other share kept connections and carry the token", async () => {
  const tokens = new Set<string | undefined>();
  await using server = await fakeApiServer((request, response) => {
    tokens.add(request.headers.authorization);
    response.end(JSON.stringify(pod("a", "1")));
  });
  for (let i = 0; i < 20; i++) await server.client.get("/api/v1/namespaces/test/pods/a");
  // The next one may start before the one before it is put away.
  expect(server.counts.connections).toBeLessThanOrEqual(2);
  expect([...tokens]).toEqual(["Bearer token-of-the-test"]);
});

test("a list of many pages comes whole, and its items know their kind", async () => {
  await using server = await fakeApiServer((_, response, url) => {
    const { kind: _kind, apiVersion: _apiVersion, ...item } = pod(url.searchParams.get("continue") ?? "first", "1");
    const next = { first: "second", second: "third" }[item.metadata.name];
    response.end(podList("7", [item], next === undefined ? {} : { continue: next }));
  });
  const list = await server.client.list("/api/v1/pods", { labelSelector: "a=b" });
  expect(list.items.map(({ kind, metadata }) => [kind, metadata.name])).toEqual([
    ["Pod", "first"],
    ["Pod", "second"],
    ["Pod", "third"],
  ]);
  expect(list.metadata.resourceVersion).toBe("7");
});

test("an object that is not there is no error; a refusal says what was asked, why, and when to come back", async () => {
  const status = { kind: "Status", reason: "TooManyRequests", message: "slow down", details: { retryAfterSeconds: 3 } };
  await using server = await fakeApiServer((_, response, url) => {
    if (url.pathname.endsWith("/gone")) response.writeHead(404).end("{}");
    else response.writeHead(429).end(JSON.stringify(status));
  });
  expect(await server.client.get("/api/v1/namespaces/test/pods/gone")).toBeUndefined();
  const refusal = await server.client.get("/api/v1/namespaces/test/pods/a").catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(KubeError);
  expect(refusal).toMatchObject({
    code: 429,
    retryAfterMs: 3_000,
    message: "GET /api/v1/namespaces/test/pods/a: 429 TooManyRequests: slow down",
  });
});

test("what the API server says about a Secret is not repeated: it may hold what was sent", async () => {
  await using server = await fakeApiServer((_, response) => {
    response.writeHead(422).end(JSON.stringify({ reason: "Invalid", message: "data: Invalid value: c2VjcmV0" }));
  });
  const manifest = { apiVersion: "v1", kind: "Secret", metadata: { name: "a" } };
  const write = server.client.apply("/api/v1/namespaces/test/secrets/a", manifest, { fieldManager: "f", force: true });
  await expect(write).rejects.toThrow(/^PATCH \/api\/v1\/namespaces\/test\/secrets\/a: 422 $/);
});
