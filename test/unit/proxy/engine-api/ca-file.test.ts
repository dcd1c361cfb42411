import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CaFile } from "../../../../proxy/engine-api/ca-file.ts";
import { UpstreamClient } from "../../../../proxy/engine-api/upstream-client.ts";
import { selfSigned } from "../../../kubernetes/faults/self-signed.ts";
import { hangingServer } from "../kit/hanging-server.ts";
import { ManualClock } from "../kit/manual-clock.ts";

async function secureUpstream() {
  const dir = await mkdtemp(join(tmpdir(), "rollup-boost-ca-"));
  const path = join(dir, "ca.pem");
  const identity = selfSigned();
  const server = createServer(identity, (request, response) => {
    request.resume();
    response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const clock = new ManualClock();
  const ca = new CaFile(path, clock);
  const url = `https://127.0.0.1:${port}`;
  const client = new UpstreamClient({ url, answerBytesMax: 1_000, connectionsMax: 1, ca }, { clock });
  return {
    path,
    identity,
    clock,
    ca,
    call: () => client.call({ body: Buffer.from("{}"), deadline: { atMs: clock.monotonicMs() + 5_000 } }),
    write: async (text: string) => {
      await writeFile(path, text);
      clock.advance(1_000);
    },
    [Symbol.asyncDispose]: async () => {
      await client.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

test("an upstream whose certificate a CA file vouches for is talked to; without the file it is not, and the file is named", async () => {
  await using upstream = await secureUpstream();
  expect(await upstream.call()).toEqual({
    kind: "unreachable",
    detail: `DEPTH_ZERO_SELF_SIGNED_CERT (${upstream.path}: cannot be read; mount the CA certificates (PEM) there)`,
  });
  await upstream.write(`# our own\n${upstream.identity.cert}`);
  expect(await upstream.call()).toMatchObject({ kind: "answered", status: 200 });
});

test("a CA file of another CA: the certificate is refused", async () => {
  await using upstream = await secureUpstream();
  await upstream.write(selfSigned().cert);
  expect(await upstream.call()).toEqual({ kind: "unreachable", detail: "DEPTH_ZERO_SELF_SIGNED_CERT" });
  expect(upstream.ca.problem()).toBeUndefined();
});

test.each([
  ["nothing in it", "", 'holds no certificate; it must hold PEM blocks "BEGIN CERTIFICATE"'],
  ["a key in it", selfSigned().key, 'holds no certificate; it must hold PEM blocks "BEGIN CERTIFICATE"'],
  [
    "a certificate that is none",
    `${selfSigned().cert}-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n`,
    "certificate 2 of 2 cannot be read",
  ],
])("a CA file with %s is named, and the system's certificates count", async (_, text, problem) => {
  await using upstream = await secureUpstream();
  await upstream.write(text);
  expect([upstream.ca.problem(), upstream.ca.context()]).toEqual([`${upstream.path}: ${problem}`, undefined]);
});

test("a file that is read again and holds the same keeps its context, one that holds another gets a new one", async () => {
  await using upstream = await secureUpstream();
  await upstream.write(upstream.identity.cert);
  const context = upstream.ca.context();
  upstream.ca.forget();
  expect(upstream.ca.context()).toBe(context);
  await upstream.write(selfSigned().cert);
  expect(upstream.ca.context()).not.toBe(context);
});

test("an upstream at an IPv6 address", async () => {
  await using server = await hangingServer("::1");
  const clock = new ManualClock();
  const client = new UpstreamClient({ url: server.url, answerBytesMax: 100, connectionsMax: 1 }, { clock });
  const answer = client.call({ body: Buffer.from("{}"), deadline: { atMs: 5_000 } });
  (await server.next()).response.end("{}");
  expect(await answer).toMatchObject({ kind: "answered" });
  await client.close();
});
