import { expect, test } from "vitest";
import { Readiness } from "../../../proxy/readiness.ts";
import { ManualClock } from "./kit/manual-clock.ts";

test("ready once the execution client has answered, and from then on, whatever it does (sticky)", () => {
  const readiness = new Readiness(new ManualClock());
  expect(readiness.isReady(false)).toBe(false);
  expect(readiness.isReady(true)).toBe(true);
  expect(readiness.isReady(false)).toBe(true);
});

test("ready after 10 s without an answer: op-node's calls must still get here (E-5)", () => {
  const clock = new ManualClock();
  const readiness = new Readiness(clock);
  clock.advance(9_999);
  expect(readiness.isReady(false)).toBe(false);
  clock.advance(1);
  expect(readiness.isReady(false)).toBe(true);
});

test("a wall clock that is set makes nothing ready", () => {
  const clock = new ManualClock();
  const readiness = new Readiness(clock);
  clock.setWallClock(3_600_000);
  expect(readiness.isReady(false)).toBe(false);
});

test("not ready from the moment it drains", () => {
  const readiness = new Readiness(new ManualClock());
  expect(readiness.isReady(true)).toBe(true);
  readiness.drain();
  expect([readiness.isReady(true), readiness.draining]).toEqual([false, true]);
});
