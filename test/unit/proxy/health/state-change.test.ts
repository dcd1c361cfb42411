import { describe, expect, test } from "vitest";
import { type StateChange, TOLD_MAX, TOLD_WINDOW_MS, watchState } from "../../../../proxy/health/state-change.ts";
import { ManualClock } from "../kit/manual-clock.ts";

/** A state that starts as `a`; what is told of it, in short. */
function watched() {
  const clock = new ManualClock(0);
  const changes: StateChange<string>[] = [];
  const watch = watchState<string>({ state: "a", sinceMs: 0 }, clock, (change) => changes.push(change));
  return {
    clock,
    changes,
    is: (state: string, reason?: string) => watch({ state, sinceMs: clock.nowMs(), reason }),
    told: () => changes.map(({ from, to, changes: count }) => `${from.state}>${to.state} ${count}`),
  };
}

test("a change is told once, with both states, since when, and why; nothing while nothing changes", () => {
  const w = watched();
  for (let times = 0; times < 1_000; times += 1) w.is("a");
  w.clock.advance(500);
  for (let times = 0; times < 1_000; times += 1) w.is("b", `reason ${times}`);
  expect(w.changes).toEqual([
    { from: { state: "a", sinceMs: 0 }, to: { state: "b", sinceMs: 500, reason: "reason 0" }, changes: 1 },
  ]);
  w.clock.advance(500);
  w.is("c");
  expect(w.changes[1]).toEqual({
    from: { state: "b", sinceMs: 500, reason: "reason 0" },
    to: { state: "c", sinceMs: 1_000, reason: undefined },
    changes: 1,
  });
});

describe("a state that flaps", () => {
  test("is told so many times a minute and no more, however long it flaps", () => {
    const w = watched();
    for (let ms = 0; ms < 10 * TOLD_WINDOW_MS; ms += 100) {
      w.is(ms % 200 === 0 ? "b" : "a");
      w.clock.advance(100);
    }
    expect(w.changes.length).toBeGreaterThanOrEqual(10 * TOLD_MAX - 1);
    expect(w.changes.length).toBeLessThanOrEqual(10 * TOLD_MAX);
  });

  test("and stays where it was not told to be is told as soon as there is room, with the number of changes", () => {
    const w = watched();
    for (let times = 0; times < TOLD_MAX / 2; times += 1) {
      w.is("b");
      w.is("a");
    }
    for (let times = 0; times < 10; times += 1) {
      w.is("b");
      w.is("c");
    }
    expect(w.told()).toHaveLength(TOLD_MAX);
    w.clock.advance(TOLD_WINDOW_MS - 1);
    w.is("c");
    expect(w.told()).toHaveLength(TOLD_MAX);
    w.clock.advance(1);
    w.is("c");
    expect(w.told().at(-1)).toBe("a>c 20");
    w.is("c");
    expect(w.told()).toHaveLength(TOLD_MAX + 1);
  });

  test("and comes back to what was told last is not told again", () => {
    const w = watched();
    for (let times = 0; times < 10 * TOLD_MAX; times += 1) {
      w.is("b");
      w.is("a");
    }
    w.clock.advance(TOLD_WINDOW_MS);
    w.is("a");
    expect(w.told()).toHaveLength(TOLD_MAX);
  });
});
