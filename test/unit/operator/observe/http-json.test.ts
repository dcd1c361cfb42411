import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { httpJson } from "../../../../operator/observe/http-json.ts";

/** Connections to it take longer than any deadline here: it never says a word of TLS. */
async function silentServer() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on("error", () => {})));
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await once(server.close(), "close");
    },
  };
}

test("a call ends by its deadline also while no connection comes about", async () => {
  await using server = await silentServer();
  const startedAtMs = performance.now();
  const call = { method: "GET", url: server.url, signal: new AbortController().signal, deadlineMs: 100 } as const;
  expect(await httpJson(call)).toEqual({ kind: "failed", problem: "gave no answer within 100 ms" });
  expect(performance.now() - startedAtMs).toBeLessThan(1_000);
});

test("a call that is ended while no connection comes about ends at once", async () => {
  await using server = await silentServer();
  const ending = new AbortController();
  const call = httpJson({ method: "GET", url: server.url, signal: ending.signal, deadlineMs: 60_000 });
  ending.abort();
  expect(await call).toEqual({ kind: "failed", problem: "the call was ended" });
});
