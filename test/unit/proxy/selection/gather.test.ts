import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { gather } from "../../../../proxy/selection/gather.ts";
import { ManualClock } from "../kit/manual-clock.ts";

/** Asks whose answers the test gives; `good` ones are enough, and only the first `waitedFor` are waited for. */
function gathering(count: number, { graceMs = 30, deadlineMs = 500, waitedFor = count } = {}) {
  const clock = new ManualClock();
  const asks = Array.from({ length: count }, () => Promise.withResolvers<string>());
  const own = Promise.withResolvers<void>();
  let answers: readonly string[] | undefined;
  void gather(
    asks.map(({ promise }) => promise),
    {
      clock,
      deadline: { atMs: deadlineMs },
      graceMs: () => graceMs,
      anyway: own.promise,
      isWaitedFor: (index) => index < waitedFor,
      isEnough: (answer) => answer.startsWith("good"),
      late: (index) => `late ${index}`,
    },
  ).then((all) => {
    answers = all;
  });
  return {
    clock,
    answer: async (index: number, text: string) => {
      asks[index]?.resolve(text);
      await setImmediate();
    },
    advance: async (ms: number) => {
      clock.advance(ms);
      await setImmediate();
    },
    own: async () => {
      own.resolve();
      await setImmediate();
    },
    answers: () => answers,
  };
}

test("ends at once when all are there, in the order of the asks", async () => {
  const { answer, answers, clock } = gathering(3);
  await answer(2, "good c");
  await answer(0, "good a");
  expect(answers()).toBeUndefined();
  await answer(1, "bad b");
  expect(answers()).toEqual(["good a", "bad b", "good c"]);
  expect(clock.alarms).toBe(0);
});

test("waits for the others only the grace time after the first that is enough", async () => {
  const { answer, answers, advance, clock } = gathering(3);
  await answer(1, "good b");
  await advance(29);
  expect(answers()).toBeUndefined();
  await advance(1);
  expect(answers()).toEqual(["late 0", "good b", "late 2"]);
  expect(clock.alarms).toBe(0);
});

test("a second good one does not begin the grace time anew", async () => {
  const { answer, answers, advance, clock } = gathering(3);
  await answer(0, "good a");
  await advance(20);
  await answer(1, "good b");
  await advance(10);
  expect(answers()).toEqual(["good a", "good b", "late 2"]);
  expect(clock.alarms).toBe(0);
});

test("a bad answer begins no grace time: a good one may still come", async () => {
  const { answer, answers, advance } = gathering(2);
  await answer(0, "bad a");
  await advance(400);
  expect(answers()).toBeUndefined();
  await answer(1, "good b");
  expect(answers()).toEqual(["bad a", "good b"]);
});

test("an ask that never ends is late at the deadline", async () => {
  const { answer, answers, advance, clock } = gathering(2);
  await answer(0, "bad a");
  await advance(500);
  expect(answers()).toEqual(["bad a", "late 1"]);
  expect(clock.alarms).toBe(0);
});

test("an answer after the grace time changes nothing", async () => {
  const { answer, answers, advance } = gathering(2, { graceMs: 0 });
  await answer(0, "good a");
  await advance(0);
  await answer(1, "good b");
  expect(answers()).toEqual(["good a", "late 1"]);
});

test("one that is not waited for is waited for no longer than the execution client's own payload", async () => {
  const { answer, answers, own, clock } = gathering(3, { waitedFor: 2 });
  await answer(0, "bad a");
  await answer(1, "bad b");
  expect(answers()).toBeUndefined();
  await own();
  expect(answers()).toEqual(["bad a", "bad b", "late 2"]);
  expect(clock.alarms).toBe(0);
});

test("one that is not waited for is used if it is in time", async () => {
  const { answer, answers, clock } = gathering(3, { waitedFor: 2 });
  await answer(2, "good c");
  await answer(0, "bad a");
  await answer(1, "bad b");
  expect(answers()).toEqual(["bad a", "bad b", "good c"]);
  expect(clock.alarms).toBe(0);
});

test("nobody asked: nothing to wait for", async () => {
  const { answers, advance } = gathering(0);
  await advance(0);
  expect(answers()).toEqual([]);
});
