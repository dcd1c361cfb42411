import { expect, test } from "vitest";
import { type HandleResult, WorkQueue } from "../../../operator/controller/work-queue.ts";
import { type Clock, systemClock } from "../../../operator/kubernetes/clock.ts";

test("a key that is added many times is handled once, and once more when it was added while it was handled", async () => {
  const world = startQueue();
  world.queue.add("a");
  world.queue.add("a");
  expect(world.handled).toEqual(["a"]);
  world.queue.add("a");
  world.queue.add("a");
  expect(world.handled).toEqual(["a"]);
  await world.finish("a");
  expect(world.handled).toEqual(["a", "a"]);
  await world.finish("a");
  expect(world.handled).toEqual(["a", "a"]);
});

test("as many keys are handled at a time as there are workers, each by one", async () => {
  const world = startQueue();
  for (const key of ["a", "b", "c"]) world.queue.add(key);
  expect(world.handled).toEqual(["a", "b"]);
  await world.finish("b");
  expect(world.handled).toEqual(["a", "b", "c"]);
});

test("errors are retried after a wait that doubles up to its bound, and starts anew after a success", async () => {
  const world = startQueue();
  world.queue.add("a");
  for (let i = 0; i < 5; i++) {
    await world.fail("a", new Error("no"));
    await world.wake();
  }
  expect(world.waits).toEqual([100, 200, 400, 800, 1_000]);
  await world.finish("a", { requeueAfterMs: 5_000 });
  await world.wake();
  await world.fail("a", new Error("no"));
  expect(world.waits.slice(5)).toEqual([5_000, 100]);
});

test("an API server that names a time to come back is left alone until then", async () => {
  const world = startQueue();
  world.queue.add("a");
  await world.fail("a", Object.assign(new Error("too many requests"), { retryAfterMs: 7_000 }));
  expect(world.waits).toEqual([7_000]);
});

test("a key that is added while it waits is handled at once, and not again when the wait is over", async () => {
  const world = startQueue();
  world.queue.add("a");
  await world.finish("a", { requeueAfterMs: 5_000 });
  world.queue.add("a");
  expect(world.handled).toEqual(["a", "a"]);
  await world.wake();
  expect(world.handled).toEqual(["a", "a"]);
});

test("closing tells what runs, waits for it, and handles nothing more", async () => {
  const world = startQueue();
  for (const key of ["a", "b", "c"]) world.queue.add(key);
  const closed = world.queue.close();
  expect(world.signals.every((signal) => signal.aborted)).toBe(true);
  await world.finish("a");
  await world.finish("b");
  await closed;
  world.queue.add("d");
  expect(world.handled).toEqual(["a", "b"]);
});

/** A queue of two workers whose handler ends when the test says so, and whose waits are noted. */
function startQueue() {
  const handled: string[] = [];
  const signals: AbortSignal[] = [];
  const waits: number[] = [];
  const running = new Map<string, PromiseWithResolvers<HandleResult>>();
  let wakeUp: (() => void) | undefined;
  const clock: Clock = {
    ...systemClock,
    random: () => 1,
    sleep: (ms) =>
      new Promise((resolve) => {
        waits.push(ms);
        wakeUp = resolve;
      }),
  };
  const queue = new WorkQueue(
    { workers: 2, backoff: { firstMs: 100, maxMs: 1_000 } },
    {
      clock,
      failed: () => undefined,
      handle: (key, signal) => {
        handled.push(key);
        signals.push(signal);
        const work = Promise.withResolvers<HandleResult>();
        running.set(key, work);
        return work.promise;
      },
    },
  );
  const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    queue,
    handled,
    signals,
    waits,
    finish: async (key: string, result: HandleResult = {}): Promise<void> => {
      running.get(key)?.resolve(result);
      await settled();
    },
    fail: async (key: string, error: Error): Promise<void> => {
      running.get(key)?.reject(error);
      await settled();
    },
    wake: async (): Promise<void> => {
      wakeUp?.();
      await settled();
    },
  };
}
