import type { ServerResponse } from "node:http";
import pino from "pino";
import { expect, test } from "vitest";
import { type Clock, systemClock } from "../../../operator/kubernetes/clock.ts";
import { Reflector } from "../../../operator/observe/reflector.ts";
import { until } from "../../devnet/until.ts";
import { event, fakeApiServer, pod, podList } from "./fake-api-server.ts";

/** Waits are taken a hundred times shorter. */
const hurriedClock: Clock = { ...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 100, signal) };

test("a watch that breaks in the middle of an event goes on where it was: nothing is lost or listed again", async () => {
  const half = event("MODIFIED", pod("a", "3")).slice(0, 20);
  await using world = await reflected({
    lists: [podList("1", [pod("a", "1")])],
    watches: [
      (response) => {
        response.write(event("MODIFIED", pod("a", "2")) + half, () => response.socket?.resetAndDestroy());
      },
      (response) => void response.write(event("MODIFIED", pod("a", "3"))),
    ],
  });
  await world.sees("updated a 3");
  expect(world.changes).toEqual(["added a 1", "updated a 2", "updated a 3"]);
  expect(world.watchedFrom).toEqual(["1", "2"]);
});

test("history that the server has forgotten (410) leads to a new list, and what went meanwhile is noticed", async () => {
  await using world = await reflected({
    lists: [podList("1", [pod("a", "1"), pod("b", "1")]), podList("9", [pod("b", "8")])],
    watches: [
      (response) => void response.end(event("ERROR", { code: 410, message: "too old resource version" })),
      hang,
    ],
  });
  await world.sees("updated b 8");
  expect(world.changes).toEqual(["added a 1", "added b 1", "deleted a 1", "updated b 8"]);
  await expect.poll(() => world.watchedFrom).toEqual(["1", "9"]);
});

test("an object that was deleted and made again unseen is a deletion and an addition", async () => {
  await using world = await reflected({
    lists: [podList("1", [pod("a", "1", "first")]), podList("9", [pod("a", "8", "second")])],
    watches: [(response) => void response.writeHead(410).end("{}"), hang],
  });
  await world.sees("added a 8");
  expect(world.changes).toEqual(["added a 1", "deleted a 1", "added a 8"]);
});

test("a line that is no event leads to a new list: to skip it would leave the cache wrong", async () => {
  await using world = await reflected({
    lists: [podList("1", []), podList("5", [pod("a", "4")])],
    watches: [(response) => void response.write("{half a line\n"), hang],
  });
  await world.sees("added a 4");
});

test("bookmarks move the place to go on from", async () => {
  await using world = await reflected({
    lists: [podList("1", [])],
    watches: [
      (response) => void response.end(event("BOOKMARK", { metadata: { resourceVersion: "40" } })),
      (response) => void response.write(event("ADDED", pod("a", "41"))),
    ],
  });
  await world.sees("added a 41");
  expect(world.watchedFrom).toEqual(["1", "40"]);
});

test("a server that refuses is asked until it answers", async () => {
  await using world = await reflected({
    lists: ["500", "401", "403", podList("1", [pod("a", "1")])],
    watches: [hang],
  });
  await world.sees("added a 1");
});

const hang = (response: ServerResponse): void => response.flushHeaders();

/** A reflector on a server that gives these answers one after the other. */
async function reflected(script: {
  /** Bodies, or the HTTP status of a refusal. */
  readonly lists: readonly string[];
  readonly watches: readonly ((response: ServerResponse) => void)[];
}) {
  const lists = [...script.lists];
  const watches = [...script.watches];
  const server = await fakeApiServer((_, response, url) => {
    if (url.searchParams.get("watch") === "1") return void (watches.shift() ?? hang)(response);
    const body = lists.shift() ?? "500";
    if (/^\d{3}$/.test(body)) response.writeHead(Number(body)).end("{}");
    else response.end(body);
  });
  const changes: string[] = [];
  const stopping = new AbortController();
  const reflector = new Reflector(
    { path: "/api/v1/pods", labelSelector: undefined },
    {
      client: server.client,
      clock: hurriedClock,
      log: pino({ level: "silent" }),
      changed: ({ kind, object }) => changes.push(`${kind} ${object.metadata.name} ${object.metadata.resourceVersion}`),
    },
  );
  const running = reflector.run(stopping.signal);
  return {
    changes,
    /** resourceVersion of every watch so far. */
    get watchedFrom() {
      return server.urls
        .filter((url) => url.searchParams.get("watch") === "1")
        .map((url) => url.searchParams.get("resourceVersion"));
    },
    sees: async (change: string): Promise<void> => {
      await until(change, () => (changes.includes(change) ? true : undefined));
    },
    [Symbol.asyncDispose]: async (): Promise<void> => {
      stopping.abort();
      await running;
      await server[Symbol.asyncDispose]();
    },
  };
}
