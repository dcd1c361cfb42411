import { expect, test } from "vitest";
import { watchHeads } from "../../../../proxy/health/head-watch.ts";
import { ManualClock } from "../kit/manual-clock.ts";

test.each([
  ["every block time", 2_000, 2_000],
  ["not more than once a second", 250, 1_000],
] as const)("heads are looked at %s, and no more once it is stopped", (_, blockTimeMs, intervalMs) => {
  const clock = new ManualClock();
  let looks = 0;
  const stop = watchHeads(
    clock,
    () => blockTimeMs,
    () => {
      looks += 1;
    },
  );
  clock.advance(intervalMs - 1);
  expect(looks).toBe(0);
  clock.advance(1);
  expect(looks).toBe(1);
  clock.advance(intervalMs);
  expect([looks, clock.alarms]).toEqual([2, 1]);
  stop();
  clock.advance(10 * intervalMs);
  expect([looks, clock.alarms]).toEqual([2, 0]);
});
