import pino from "pino";
import { expect, test } from "vitest";
import { KubeError } from "../../../../operator/kubernetes/kube-error.ts";
import type { KubeList, KubeObject } from "../../../../operator/kubernetes/kube-object.ts";
import { type CacheChange, Reflector } from "../../../../operator/observe/reflector.ts";
import { ManualClock, settled } from "../kit/manual-clock.ts";

const FIRST_BACKOFF_MS = 200;

test("a failed first list is no empty one: it is not synced, and tried again with a growing pause up to its bound", async () => {
  await using world = startWorld();
  const pauses: number[] = [];
  for (let i = 0; i < 10; i++) {
    await world.nextCall("list").fail(new KubeError("GET", { code: 500, body: "", retryAfter: undefined }));
    pauses.push(await world.pause());
  }
  expect(pauses.slice(0, 3)).toEqual([200, 400, 800]);
  expect(pauses.at(-1)).toBe(15_000);
  expect(world.isSynced()).toBe(false);
  await world.nextCall("list").answer([], "1");
  expect(world.isSynced()).toBe(true);
});

test("it goes on from the last event or bookmark after a broken connection", async () => {
  await using world = startWorld();
  await world.nextCall("list").answer([object("a", "u1", "1")], "5");
  const watch = world.nextCall("watch");
  expect(watch.query).toMatchObject({ resourceVersion: "5", allowWatchBookmarks: "true" });
  await watch.send({ type: "MODIFIED", object: object("a", "u1", "6") });
  await watch.send({ type: "BOOKMARK", object: { metadata: { resourceVersion: "8" } } });
  await watch.fail(new Error("read ECONNRESET"));
  expect(await world.pause()).toBe(FIRST_BACKOFF_MS);
  expect(world.nextCall("watch").query.resourceVersion).toBe("8");
});

test("a watch that the server ended in good order is opened again at once", async () => {
  await using world = startWorld();
  await world.nextCall("list").answer([], "5");
  const watch = world.nextCall("watch");
  await world.clock.advance(300_000);
  await watch.end();
  expect(world.clock.sleepers).toEqual([]);
  expect(world.nextCall("watch").query.resourceVersion).toBe("5");
});

test("watches that end at once are no hot loop", async () => {
  await using world = startWorld();
  await world.nextCall("list").answer([], "5");
  const pauses: number[] = [];
  for (let i = 0; i < 3; i++) {
    await world.nextCall("watch").end();
    pauses.push(await world.pause());
  }
  expect(pauses).toEqual([200, 400, 800]);
});

test("410, in band or as the answer, lists anew; 429 waits as long as it says and does not", async () => {
  await using world = startWorld();
  await world.nextCall("list").answer([], "5");
  await world.nextCall("watch").send({ type: "ERROR", object: { code: 410, message: "too old" } });
  await world.pause();
  await world.nextCall("list").answer([], "9");
  await world.nextCall("watch").fail(new KubeError("GET", { code: 410, body: "", retryAfter: undefined }));
  await world.pause();
  await world.nextCall("list").answer([], "12");
  for (let i = 0; i < 5; i++) {
    await world.nextCall("watch").fail(new KubeError("GET", { code: 429, body: "", retryAfter: "20" }));
    expect(await world.pause()).toBe(20_000);
  }
  expect(world.nextCall("watch").query.resourceVersion).toBe("12");
});

test("a server that never goes on from there, as one that was restored, is listed anew", async () => {
  await using world = startWorld();
  await world.nextCall("list").answer([], "500");
  for (let i = 0; i < 3; i++) {
    await world.nextCall("watch").fail(new KubeError("GET", { code: 504, body: "", retryAfter: undefined }));
    await world.pause();
  }
  await world.nextCall("list").answer([], "3");
  expect(world.nextCall("watch").query.resourceVersion).toBe("3");
});

test("a list is compared with what is known: what is gone is deleted, what is the same is no change", async () => {
  await using world = startWorld();
  await world.nextCall("list").answer([object("a", "u1", "1"), object("b", "u2", "2"), object("c", "u3", "3")], "5");
  world.changes.length = 0;
  await world.nextCall("watch").fail(new KubeError("GET", { code: 410, body: "", retryAfter: undefined }));
  await world.pause();
  await world.nextCall("list").answer([object("b", "u2", "2"), object("c", "u3", "7"), object("d", "u4", "8")], "9");
  expect(world.changes).toEqual(["deleted a u1 1", "updated c u3 7", "added d u4 8"]);
});

test("deleted and made anew out of our sight is a delete and an add", async () => {
  await using world = startWorld();
  await world.nextCall("list").answer([object("a", "u1", "1")], "5");
  world.changes.length = 0;
  await world.nextCall("watch").fail(new KubeError("GET", { code: 410, body: "", retryAfter: undefined }));
  await world.pause();
  await world.nextCall("list").answer([object("a", "u2", "7")], "9");
  expect(world.changes).toEqual(["deleted a u1 1", "added a u2 7"]);
  expect(world.reflector.list()).toHaveLength(1);
});

test("managed fields are not kept", async () => {
  await using world = startWorld();
  const listed = object("a", "u1", "1");
  await world.nextCall("list").answer([{ ...listed, metadata: { ...listed.metadata, managedFields: [{}] } }], "5");
  expect(world.reflector.get("default/a")).toEqual(listed);
});

test("stopped while it waits, it opens nothing more", async () => {
  await using world = startWorld();
  await world.nextCall("list").fail(new Error("connect ECONNREFUSED"));
  expect(world.clock.sleepers).toHaveLength(1);
  await world.stop();
  await world.clock.advance(60_000);
  expect(world.calls).toEqual([]);
});

test("it cannot be started twice", async () => {
  await using world = startWorld();
  await expect(world.reflector.run(AbortSignal.timeout(1_000))).rejects.toThrow("runs already");
});

const object = (name: string, uid: string, resourceVersion: string): KubeObject => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name, namespace: "default", uid, resourceVersion },
});

/** A reflector against an API server that answers when the test says so. */
function startWorld() {
  const clock = new ManualClock();
  const stopping = new AbortController();
  const changes: string[] = [];
  const calls: Call[] = [];
  const reflector = new Reflector(
    { path: "/api/v1/configmaps", labelSelector: "app=proxy" },
    {
      client: {
        list: (_, query) => started(new Call("list", query)).listed,
        watch: async (_, query) => started(new Call("watch", query)).chunks(),
      },
      clock,
      log: pino({ level: "silent" }),
      changed: ({ kind, object: { metadata } }: CacheChange) => {
        changes.push(`${kind} ${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`);
      },
    },
  );
  const started = (call: Call): Call => {
    expect(call.query.labelSelector).toBe("app=proxy");
    calls.push(call);
    stopping.signal.addEventListener("abort", () => call.fail(new Error("aborted")), { once: true });
    return call;
  };
  let isSynced = false;
  void reflector.synced.then(() => {
    isSynced = true;
  });
  const running = reflector.run(stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  return {
    reflector,
    clock,
    changes,
    calls,
    isSynced: () => isSynced,
    stop,
    /** The call that is under way now; there is never another. */
    nextCall: (kind: Call["kind"]): Call => {
      const call = calls.shift();
      if (call?.kind !== kind || calls.length > 0) throw new Error(`no ${kind} is under way, or not only one`);
      return call;
    },
    /** Lets it wait for as long as it wants to before the next attempt; the answer says how long. */
    pause: async (): Promise<number> => {
      const [waitMs, ...others] = clock.sleepers;
      if (waitMs === undefined || others.length > 0) throw new Error("it does not wait, or more than once");
      await clock.advance(waitMs);
      return waitMs;
    },
    [Symbol.asyncDispose]: stop,
  };
}

class Call {
  readonly kind: "list" | "watch";
  readonly query: Readonly<Record<string, string>>;
  readonly listed: Promise<KubeList>;
  readonly #list = Promise.withResolvers<KubeList>();
  #next = Promise.withResolvers<Uint8Array | undefined>();

  constructor(kind: "list" | "watch", query: Readonly<Record<string, string>>) {
    this.kind = kind;
    this.query = query;
    this.listed = this.#list.promise;
    this.listed.catch(() => {});
    this.#next.promise.catch(() => {});
  }

  async answer(items: KubeObject[], resourceVersion: string): Promise<void> {
    this.#list.resolve({ apiVersion: "v1", kind: "ConfigMapList", metadata: { resourceVersion }, items });
    await settled();
  }

  async send(event: object): Promise<void> {
    this.#next.resolve(Buffer.from(`${JSON.stringify(event)}\n`));
    await settled();
  }

  async end(): Promise<void> {
    this.#next.resolve(undefined);
    await settled();
  }

  async fail(error: Error): Promise<void> {
    this.#list.reject(error);
    this.#next.reject(error);
    await settled();
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = await this.#next.promise;
      if (chunk === undefined) return;
      this.#next = Promise.withResolvers<Uint8Array | undefined>();
      this.#next.promise.catch(() => {});
      yield chunk;
    }
  }
}
