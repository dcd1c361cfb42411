import { expect, test } from "vitest";
import { ValidationTime } from "../../../../proxy/selection/validation-time.ts";
import { ManualClock } from "../kit/manual-clock.ts";

const measured = (...times: readonly number[]) => {
  const clock = new ManualClock();
  const time = new ValidationTime(clock);
  for (const ms of times) time.took(ms);
  return { clock, time };
};

test("before the first measurement everything fits that begins before the deadline", () => {
  const { clock, time } = measured();
  expect(time.fits({ atMs: 1 })).toBe(true);
  clock.advance(1);
  expect(time.fits({ atMs: 1 })).toBe(false);
});

test("what the last validations took does not fit into less", () => {
  const { time } = measured(...Array(30).fill(200));
  expect(time.fits({ atMs: 201 })).toBe(true);
  expect(time.fits({ atMs: 199 })).toBe(false);
});

test("one slow validation among fast ones stops nothing", () => {
  const { time } = measured(...Array(30).fill(20), 400);
  expect(time.fits({ atMs: 200 })).toBe(true);
});

test("a slow hour is not remembered for ever: skipped validations shrink the estimate until one is tried again", () => {
  const { time } = measured(...Array(30).fill(1_000));
  const skipped = Array.from({ length: 20 }, () => time.fits({ atMs: 300 })).indexOf(true);
  expect(skipped).toBeGreaterThan(0);
  expect(skipped).toBeLessThan(10);
});

test("what begins at the last start fits", () => {
  const { clock, time } = measured(...Array(30).fill(200));
  const { atMs } = time.lastStart({ atMs: 500 });
  expect(atMs).toBeGreaterThan(270);
  clock.advance(atMs);
  expect(time.fits({ atMs: 500 })).toBe(true);
});
