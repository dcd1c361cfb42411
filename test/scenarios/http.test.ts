import { connect } from "node:net";
import { expect, test } from "vitest";
import { bearer, call, post } from "./http-calls.ts";
import { startWorld } from "./world.ts";

/** Raw bytes to a port; what comes back until `until` is in it or the connection ends. */
function exchange(url: string, bytes: string, until = "\u0000"): Promise<string> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = connect(Number(port), hostname.replace(/[[\]]/g, ""), () => socket.write(bytes));
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      if (received.includes(until)) socket.destroy();
    });
    socket.on("close", () => resolve(received));
    socket.on("error", reject);
  });
}

test("HTTP that is none, and requests cut short, cost their own connection and nothing else", async () => {
  await using world = await startWorld();
  const authorization = await bearer(world.executionClient.jwtSecret);
  for (const url of Object.values(world.urls)) {
    for (const bytes of [
      "garbage\r\n\r\n",
      "POST / HTTP/9.9\r\n\r\n",
      "\u0000\u0001\u0002\r\n\r\n",
      "POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n",
    ]) {
      expect(await exchange(url, bytes)).toMatch(/^HTTP\/1\.1 [45]\d\d /);
    }
  }
  const { hostname, port } = new URL(world.urls.engine);
  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        `POST / HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-length: 100\r\n\r\n{"half":`,
        () => socket.destroy(),
      );
    });
    socket.on("close", () => resolve());
  });
  expect((await world.opNode.buildBlock()).builtBy).toBe("rbuilder");
  expect(await (await fetch(`${world.urls.admin}/metrics`)).text()).toContain("invariant_violations_total 0");
});

test("Expect: 100-continue is answered, then the call", async () => {
  await using world = await startWorld();
  const body = call("eth_chainId", [], 77);
  const authorization = await bearer(world.executionClient.jwtSecret);
  const head = `POST / HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\nexpect: 100-continue\r\ncontent-length: ${body.length}\r\n\r\n`;
  const received = await exchange(world.urls.engine, head + body, '"0x385"}');
  expect(received).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
});

test("calls sent at once on one connection are answered in their order", async () => {
  await using world = await startWorld();
  const authorization = await bearer(world.executionClient.jwtSecret);
  world.executionClient.fault("eth_chainId", { delayMs: 100 });
  const one = (method: string, id: number): string => {
    const body = call(method, [], id);
    return `POST / HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  };
  const received = await exchange(world.urls.engine, one("eth_chainId", 1) + one("eth_blockNumber", 2), '"id":2');
  expect([...received.matchAll(/"id":(\d)/g)].map(([, id]) => id)).toEqual(["1", "2"]);
});

test("methods and paths that are nobody's: an HTTP error, never an answer that looks like one", async () => {
  await using world = await startWorld();
  const { debug: _, ...urls } = world.urls;
  for (const url of Object.values(urls)) {
    for (const method of ["OPTIONS", "DELETE", "PUT"] as const) {
      expect((await post(`${url}/nowhere`, undefined, {}, method)).status).toBeGreaterThanOrEqual(400);
    }
    expect((await post(`${url}/nowhere`, undefined, {}, "GET")).status).toBe(404);
    expect((await post(`${url}/healthz`, undefined, {}, "HEAD")).status).toBe(200);
  }
});

test("a call whose caller goes away is forgotten; the next one is served", async () => {
  await using world = await startWorld();
  const authorization = await bearer(world.executionClient.jwtSecret);
  const lift = world.executionClient.fault("eth_chainId", { hang: true });
  const { hostname, port } = new URL(world.urls.engine);
  const body = call("eth_chainId");
  for (let count = 0; count < 5; count += 1) {
    await new Promise<void>((resolve) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write(
          `POST / HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
          () => socket.destroy(),
        );
      });
      socket.on("close", () => resolve());
    });
  }
  lift();
  expect((await world.engine(body)).json()).toMatchObject({ result: "0x385" });
});

test("an IPv6 host", async () => {
  await using world = await startWorld({ host: "::1" });
  expect(world.urls.engine).toMatch(/^http:\/\/\[::1\]:\d+$/);
  expect((await world.opNode.buildBlock()).builtBy).toBe("rbuilder");
  expect((await world.status()).ready).toBe(true);
});
