import pino from "pino";
import { expect, test } from "vitest";
import { LeaderElection, LeaseLost } from "../../../../operator/controller/leader-election.ts";
import { KubeError } from "../../../../operator/kubernetes/kube-error.ts";
import type { KubeObject } from "../../../../operator/kubernetes/kube-object.ts";
import { ManualClock, settled } from "../kit/manual-clock.ts";

const OPTIONS = { name: "lease", namespace: "operators", durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 };

test("a lease that nobody has is taken, renewed, and free at once after its release", async () => {
  const world = startWorld();
  const first = world.replica("first");
  await first.election.acquire(first.stop.signal);
  expect(world.spec()).toMatchObject({ holderIdentity: "first", leaseDurationSeconds: 15, leaseTransitions: 0 });
  expect(world.spec()?.renewTime).toMatch(/T\d\d:\d\d:\d\d\.\d{6}Z$/);
  void first.election.keep(first.stop.signal);
  for (let renewal = 0; renewal < 10; renewal += 1) await world.clock.advance(2_000);
  expect(first.election.isHolder).toBe(true);
  first.stop.abort();
  await first.election.release();
  expect(world.spec()).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1 });
  const second = world.replica("second");
  await second.election.acquire(second.stop.signal);
  expect(world.spec()).toMatchObject({ holderIdentity: "second", leaseTransitions: 1 });
});

test("another's lease is over when no change of it was seen for its duration, whatever its renewTime says", async () => {
  const world = startWorld();
  world.write({ holderIdentity: "other", leaseDurationSeconds: 15, renewTime: "1999-01-01T00:00:00.000000Z" });
  const first = world.replica("first");
  void first.election.acquire(first.stop.signal);
  await settled();
  for (let waitedMs = 0; waitedMs < 14_000; waitedMs += 2_000) await world.clock.advance(2_000);
  expect(first.election.isHolder).toBe(false);
  world.write({ ...world.spec(), renewTime: "1999-01-01T00:00:01.000000Z" });
  for (let waitedMs = 0; waitedMs < 14_000; waitedMs += 2_000) await world.clock.advance(2_000);
  expect(first.election.isHolder).toBe(false);
  for (let waitedMs = 0; waitedMs < 4_000; waitedMs += 1_000) await world.clock.advance(1_000);
  expect(first.election.isHolder).toBe(true);
});

test("a holder that could not renew in time has lost the lease before others take it, and says so before any write", async () => {
  const world = startWorld();
  const first = world.replica("first");
  await first.election.acquire(first.stop.signal);
  void first.election.keep(first.stop.signal).catch(() => undefined);
  world.isCut = true;
  await world.clock.advance(9_999);
  first.election.check();
  await world.clock.advance(1);
  expect(() => first.election.check()).toThrow(LeaseLost);
});

test("frozen past the deadline: the lease is lost at once on waking, also when nobody took it", async () => {
  const world = startWorld();
  const first = world.replica("first");
  await first.election.acquire(first.stop.signal);
  const keeping = first.election.keep(first.stop.signal).catch((error: unknown) => error);
  await world.clock.advance(60_000);
  expect(first.election.isHolder).toBe(false);
  expect(await keeping).toBeInstanceOf(LeaseLost);
  expect(world.spec()).toMatchObject({ holderIdentity: "first" });
});

test("a holder that finds another in its lease stops, and does not take it back", async () => {
  const world = startWorld();
  const first = world.replica("first");
  await first.election.acquire(first.stop.signal);
  const keeping = first.election.keep(first.stop.signal).catch((error: unknown) => error);
  world.write({ holderIdentity: "other", leaseDurationSeconds: 15 });
  await world.clock.advance(2_000);
  await world.clock.advance(0);
  expect(await keeping).toBeInstanceOf(LeaseLost);
  expect(world.spec()).toMatchObject({ holderIdentity: "other" });
});

/** One Lease in an API that refuses writes of an old resourceVersion. */
function startWorld() {
  const clock = new ManualClock();
  let lease: KubeObject | undefined;
  let version = 0;
  const store = (object: object): KubeObject => {
    version += 1;
    const metadata = { name: OPTIONS.name, namespace: OPTIONS.namespace, uid: "uid", resourceVersion: String(version) };
    lease = { ...object, metadata };
    return lease;
  };
  const world = {
    clock,
    isCut: false,
    spec: () => lease?.spec as Readonly<Record<string, unknown>> | undefined,
    write: (spec: object) => void store({ spec }),
    replica: (identity: string) => ({
      election: new LeaderElection({ ...OPTIONS, identity }, { client, clock, log: pino({ level: "silent" }) }),
      stop: new AbortController(),
    }),
  };
  const refused = (code: number) => new KubeError("PUT", { code, body: "", retryAfter: undefined });
  const reachable = (): void => {
    if (world.isCut) throw new Error("connection refused");
  };
  const client = {
    get: async () => {
      reachable();
      return lease;
    },
    create: async (_: string, object: object) => {
      reachable();
      if (lease !== undefined) throw refused(409);
      return store(object);
    },
    replace: async (_: string, object: object) => {
      reachable();
      const { metadata } = object as KubeObject;
      if (metadata.resourceVersion !== lease?.metadata.resourceVersion) throw refused(409);
      return store(object);
    },
  };
  return world;
}
