import { expect, test } from "vitest";
import { CallGate, type Place } from "../../../../proxy/engine-api/call-gate.ts";
import { ManualClock } from "../kit/manual-clock.ts";

function gateOf(options: Partial<ConstructorParameters<typeof CallGate>[0]> = {}) {
  const clock = new ManualClock();
  const gate = new CallGate({ underWayMax: 1, waitingMax: 2, waitingBytesMax: 100, ...options }, clock);
  return { clock, enter: async (bytes = 1, atMs = 1_000): Promise<Place> => gate.enter(bytes, { atMs }), gate };
}

const leave = (place: Place): void => {
  if (place.kind !== "entered") throw new Error(`not inside: ${place.kind}`);
  place.leave();
};

test("so many at once, the others in their order, each place given back once", async () => {
  const { enter } = gateOf();
  const first = await enter();
  const [second, third] = [enter(), enter()];
  leave(first);
  leave(first);
  expect((await second).kind).toBe("entered");
  expect(await Promise.race([third, "waits"])).toBe("waits");
  leave(await second);
  expect((await third).kind).toBe("entered");
});

test("those that wait are bounded in number and in bytes; one alone may be larger", async () => {
  const { enter } = gateOf();
  await enter();
  void enter();
  void enter();
  expect(await enter()).toEqual({ kind: "full" });

  const bytes = gateOf({ waitingMax: 10 });
  await bytes.enter(5_000);
  void bytes.enter(5_000);
  expect(await bytes.enter(1)).toEqual({ kind: "full" });
});

test("who is late leaves the queue at once, and its room is free again", async () => {
  const { clock, enter, gate } = gateOf();
  const first = await enter();
  const waiting = [enter(60, 500), enter(40, 1_000)];
  expect(await enter(1)).toEqual({ kind: "full" });
  clock.advance(500);
  expect(await waiting[0]).toEqual({ kind: "late" });
  const again = enter(60);
  leave(first);
  const [, second] = waiting;
  expect((await second)?.kind).toBe("entered");
  gate.close();
  expect([await again, await enter(), clock.alarms]).toEqual([{ kind: "closed" }, { kind: "closed" }, 0]);
});
