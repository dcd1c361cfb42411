import { expect, test } from "vitest";
import { type HandleResult, WorkQueue } from "../../../../operator/controller/work-queue.ts";
import { ManualClock, settled } from "../kit/manual-clock.ts";

test("a key added many times before a worker is free is handled once", async () => {
  const { queue, handled, finish } = world({ workers: 1 });
  queue.add("a");
  for (let i = 0; i < 3; i++) queue.add("b");
  await finish("a");
  await finish("b");
  expect(handled).toEqual(["a", "b"]);
});

test("a key added while it is handled is handled once more, after and never beside it", async () => {
  const { queue, handled, running, finish } = world({ workers: 4 });
  queue.add("a");
  for (let i = 0; i < 3; i++) queue.add("a");
  expect(running()).toEqual(["a"]);
  await finish("a");
  expect(running()).toEqual(["a"]);
  await finish("a");
  expect(running()).toEqual([]);
  expect(handled).toEqual(["a", "a"]);
});

test("as many keys as there are workers are handled at once, in the order they came", async () => {
  const { queue, running, finish } = world({ workers: 2 });
  for (const key of ["a", "b", "c", "d"]) queue.add(key);
  expect(running()).toEqual(["a", "b"]);
  await finish("b");
  expect(running()).toEqual(["a", "c"]);
});

test("a key that can wait is handled after every other one, until it is added for a reason", async () => {
  const { queue, clock, handled, finish } = world({ workers: 1 });
  queue.add("busy");
  for (const key of ["quiet", "edited"]) queue.add(key);
  await finish("busy");
  await finish("quiet", { requeueAfterMs: 1_000, canWait: true });
  await finish("edited", { requeueAfterMs: 1_000, canWait: true });
  queue.add("busy");
  await clock.advance(1_000);
  queue.add("new");
  queue.add("edited");
  for (const key of ["busy", "new", "edited", "quiet"]) await finish(key);
  expect(handled.slice(3)).toEqual(["busy", "new", "edited", "quiet"]);
});

test("a failure is retried after a backoff of the key's own, that doubles up to its bound and starts anew after a success", async () => {
  const { queue, clock, finish, fail } = world({ workers: 1 });
  const waits: number[] = [];
  queue.add("a");
  for (let i = 0; i < 5; i++) {
    await fail("a");
    waits.push(clock.sleepers[0] ?? Number.NaN);
    await clock.advance(waits.at(-1) ?? 0);
  }
  expect(waits).toEqual([100, 200, 400, 800, 800]);
  await finish("a");
  queue.add("a");
  await fail("a");
  expect(clock.sleepers).toEqual([100]);
});

test("a failing key does not hold up the others", async () => {
  const { queue, running, fail } = world({ workers: 1 });
  queue.add("a");
  queue.add("b");
  await fail("a");
  expect(running()).toEqual(["b"]);
});

test("an error that says for how long to wait is waited for", async () => {
  const { queue, clock, fail } = world({ workers: 1 });
  queue.add("a");
  await fail("a", Object.assign(new Error("429"), { retryAfterMs: 5_000 }));
  expect(clock.sleepers).toEqual([5_000]);
});

test("a change wakes a key that waits, and leaves no second timer", async () => {
  const { queue, clock, running, finish } = world({ workers: 1 });
  queue.add("a");
  await finish("a", { requeueAfterMs: 1_000 });
  expect(clock.sleepers).toEqual([1_000]);
  queue.add("a");
  expect(running()).toEqual(["a"]);
  expect(clock.sleepers).toEqual([]);
  await finish("a", { requeueAfterMs: 1_000 });
  await clock.advance(1_000);
  expect(running()).toEqual(["a"]);
});

test("what was added during a failure is looked at without waiting", async () => {
  const { queue, clock, running, fail } = world({ workers: 1 });
  queue.add("a");
  queue.add("a");
  await fail("a");
  expect(running()).toEqual(["a"]);
  expect(clock.sleepers).toEqual([]);
});

test("closing tells what runs, waits for it, and handles nothing more", async () => {
  const { queue, clock, handled, running, finish } = world({ workers: 1 });
  queue.add("a");
  await finish("a", { requeueAfterMs: 1_000 });
  queue.add("b");
  queue.add("c");
  let isClosed = false;
  const closed = queue.close().then(() => {
    isClosed = true;
  });
  await settled();
  expect({ isClosed, running: running() }).toEqual({ isClosed: false, running: ["b"] });
  await finish("b", { requeueAfterMs: 1 });
  await closed;
  queue.add("d");
  await clock.advance(10_000);
  expect(handled).toEqual(["a", "b"]);
  expect(clock.sleepers).toEqual([]);
});

/** A queue whose handler ends when the test says so. */
function world({ workers }: { readonly workers: number }) {
  const clock = new ManualClock(0.999_999_999_9);
  const handled: string[] = [];
  const open = new Map<string, { resolve: (result: HandleResult) => void; reject: (error: unknown) => void }>();
  const queue = new WorkQueue(
    { workers, backoff: { firstMs: 100, maxMs: 800 } },
    {
      clock: roundedSleeps(clock),
      handle: (key) => {
        handled.push(key);
        if (open.has(key)) throw new Error(`${key} is handled twice at once`);
        return new Promise<HandleResult>((resolve, reject) => open.set(key, { resolve, reject }));
      },
      failed: () => {},
    },
  );
  const take = (key: string) => {
    const handler = open.get(key);
    if (handler === undefined) throw new Error(`${key} is not handled now`);
    open.delete(key);
    return handler;
  };
  return {
    queue,
    clock,
    handled,
    running: (): readonly string[] => [...open.keys()],
    finish: async (key: string, result: HandleResult = {}): Promise<void> => {
      take(key).resolve(result);
      await settled();
    },
    fail: async (key: string, error: unknown = new Error("failed")): Promise<void> => {
      take(key).reject(error);
      await settled();
    },
  };
}

/** Chance at its upper end is a hair below 1. */
const roundedSleeps = (clock: ManualClock) => ({
  monotonicMs: clock.monotonicMs,
  wallMs: clock.wallMs,
  random: clock.random,
  sleep: (ms: number, signal: AbortSignal) => clock.sleep(Math.round(ms), signal),
});
