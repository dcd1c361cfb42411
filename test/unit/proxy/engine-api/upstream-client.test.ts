import { createServer as createTcpServer } from "node:net";
import { expect, test } from "vitest";
import { UpstreamClient, type UpstreamOptions } from "../../../../proxy/engine-api/upstream-client.ts";
import { hangingServer } from "../kit/hanging-server.ts";
import { ManualClock } from "../kit/manual-clock.ts";

const BODY = Buffer.from('{"id":1}');

async function clientTo(options: Partial<UpstreamOptions> = {}) {
  const server = await hangingServer();
  const clock = new ManualClock();
  const client = new UpstreamClient(
    { url: server.url, answerBytesMax: 1_000, connectionsMax: 1, ...options },
    { clock },
  );
  return {
    server,
    clock,
    client,
    call: (more: { readonly deadlineMs?: number; readonly repeatable?: boolean } = {}) =>
      client.call({ body: BODY, deadline: { atMs: more.deadlineMs ?? 500 }, repeatable: more.repeatable ?? false }),
    [Symbol.asyncDispose]: async () => {
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** A call begins once it has its token. */
const begun = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("the body goes as it is, nothing compressed is asked for, and path and query stay", async () => {
  await using server = await hangingServer();
  const clock = new ManualClock();
  const url = `${server.url}/engine/v1?key=7`;
  const client = new UpstreamClient({ url, answerBytesMax: 100, connectionsMax: 1 }, { clock });
  const answer = client.call({ body: BODY, deadline: { atMs: 500 } });
  const { body, request, response } = await server.next();
  response.writeHead(418, { "content-encoding": "x", "content-type": "text/html" }).end("tea");
  expect([body, request.method, request.url]).toEqual([BODY.toString(), "POST", "/engine/v1?key=7"]);
  expect(request.headers).not.toHaveProperty("accept-encoding");
  expect(request.headers).not.toHaveProperty("authorization");
  const { status, headers, body: answered } = (await answer) as Extract<Awaited<typeof answer>, { kind: "answered" }>;
  expect([status, headers, answered.toString()]).toEqual([
    418,
    { contentType: "text/html", contentEncoding: "x" },
    "tea",
  ]);
  await client.close();
});

test("a call ends by its deadline, before the answer, within it, and while it waits for a connection", async () => {
  await using c = await clientTo();
  const hung = c.call({ deadlineMs: 300 });
  await c.server.next();
  const queued = c.call({ deadlineMs: 300 });
  await begun();
  c.clock.advance(300);
  expect(await Promise.all([hung, queued])).toEqual([{ kind: "late" }, { kind: "late" }]);

  const half = c.call({ deadlineMs: 600 });
  const { response } = await c.server.next();
  await new Promise<void>((resolve) => response.writeHead(200).write("half", () => resolve()));
  c.clock.advance(300);
  expect(await half).toEqual({ kind: "late" });
  const gone = c.call({ deadlineMs: 600 });
  await begun();
  c.clock.advance(0);
  expect(await gone).toEqual({ kind: "late" });
  expect([c.server.arrivals(), c.clock.alarms]).toEqual([2, 0]);
});

test("an answer above the bound is dropped with its connection, the next call goes", async () => {
  await using c = await clientTo();
  const large = c.call();
  (await c.server.next()).response.end("x".repeat(1_001));
  expect(await large).toEqual({ kind: "unreachable", detail: "answer too large" });
  const short = c.client.call({ body: BODY, deadline: { atMs: 500 }, answerBytesMax: 10 });
  (await c.server.next()).response.end("x".repeat(11));
  expect(await short).toEqual({ kind: "unreachable", detail: "answer too large" });
  const fits = c.call();
  (await c.server.next()).response.end("x".repeat(1_000));
  expect(await fits).toMatchObject({ kind: "answered", status: 200 });
});

test("an answer that announces more than the bound is refused with its head, before a byte of it has come", async () => {
  await using c = await clientTo();
  const announced = c.call();
  const { response } = await c.server.next();
  const isBroken = new Promise<void>((resolve) => response.once("close", resolve));
  response.writeHead(200, { "content-length": "1001" }).flushHeaders();
  expect(await announced).toEqual({ kind: "unreachable", detail: "answer too large" });
  await isBroken;
  const fits = c.call();
  (await c.server.next()).response.writeHead(200, { "content-length": "1000" }).end("x".repeat(1_000));
  expect(await fits).toMatchObject({ kind: "answered", body: Buffer.from("x".repeat(1_000)) });
});

test("a connection that dies under a call: one repeat, and only where the call may be repeated", async () => {
  await using c = await clientTo();
  const repeated = c.call({ repeatable: true });
  (await c.server.next()).request.socket.destroy();
  (await c.server.next()).response.end("{}");
  expect(await repeated).toMatchObject({ kind: "answered" });

  const once = c.call();
  (await c.server.next()).request.socket.destroy();
  expect(await once).toMatchObject({ kind: "unreachable" });

  const twice = c.call({ repeatable: true });
  (await c.server.next()).request.socket.destroy();
  (await c.server.next()).request.socket.destroy();
  expect(await twice).toMatchObject({ kind: "unreachable" });
  expect(c.server.arrivals()).toBe(5);
});

test("closed under calls, sent and queued: all come back, no timer stays, and later calls are refused", async () => {
  await using c = await clientTo();
  const calls = [c.call({ repeatable: true }), c.call({ repeatable: true }), c.call()];
  await c.server.next();
  await c.client.close();
  await c.client.close();
  calls.push(c.call({ repeatable: true }));
  const answers = await Promise.all(calls);
  expect(answers.map((answer) => answer.kind)).toEqual(Array(4).fill("unreachable"));
  expect([c.server.arrivals(), c.clock.alarms]).toEqual([1, 0]);
});

test("nobody listens: the detail names the error and no address", async () => {
  const free = createTcpServer();
  const port = await new Promise<number>((resolve) =>
    free.listen(0, "127.0.0.1", () => {
      const address = free.address();
      free.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    }),
  );
  const clock = new ManualClock();
  const url = `http://127.0.0.1:${port}`;
  const client = new UpstreamClient({ url, answerBytesMax: 1, connectionsMax: 1 }, { clock });
  const answer = await client.call({ body: BODY, deadline: { atMs: 5_000 }, repeatable: true });
  expect(answer).toEqual({ kind: "unreachable", detail: "ECONNREFUSED" });
  await client.close();
});

test("no JWT secret: the call is not made, and the detail says what to do", async () => {
  const nothing = (): Promise<undefined> => Promise.resolve(undefined);
  await using c = await clientTo({ signer: { header: nothing, otherHeader: nothing, taken: () => {} } });
  expect(await c.call()).toEqual({ kind: "unreachable", detail: "its JWT secret file is missing or malformed" });
  expect(c.server.arrivals()).toBe(0);
});

test("a call that is late leaves the queue for a connection at once: nothing of it is held while the upstream hangs", async () => {
  await using c = await clientTo();
  void c.call({ deadlineMs: 30_000 });
  const { response } = await c.server.next();
  const late = Array.from({ length: 1_500 }, () => c.call({ deadlineMs: 100 }));
  await begun();
  c.clock.advance(100);
  const answers = await Promise.all(late);
  expect(answers.filter(({ kind }) => kind === "late")).toHaveLength(1_024);
  expect(answers.at(-1)).toEqual({ kind: "unreachable", detail: "too many calls wait for it" });
  const next = c.call({ deadlineMs: 30_000 });
  response.end("{}");
  (await c.server.next()).response.end("{}");
  expect(await next).toMatchObject({ kind: "answered" });
  expect(c.server.arrivals()).toBe(2);
});
