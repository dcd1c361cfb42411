import { expect, test } from "vitest";
import { startHealthServer } from "../../../../operator/health/health-server.ts";
import { Metrics } from "../../../../operator/health/metrics.ts";
import { WatchActivity } from "../../../../operator/health/watch-activity.ts";
import { ManualClock } from "../kit/manual-clock.ts";

const PODS = "/api/v1/pods";
const CLUSTERS = "/apis/rollup-boost.dev/v1alpha1/rollupboostclusters";

test("readyz says which lists are missing, until all are there", async () => {
  await using world = await startWorld();
  expect(await world.get("/readyz")).toEqual({ status: 503, text: `not listed yet: ${PODS}, ${CLUSTERS}\n` });
  world.activity.stepped(PODS, "list");
  world.activity.stepped(CLUSTERS, "failure");
  expect(await world.get("/readyz")).toEqual({ status: 503, text: `not listed yet: ${CLUSTERS}\n` });
  world.activity.stepped(CLUSTERS, "list");
  expect(await world.get("/readyz")).toEqual({ status: 200, text: "ok\n" });
});

test("livez holds while watches fail and are tried again, and ends when one does nothing any more", async () => {
  await using world = await startWorld();
  for (let minutes = 0; minutes < 60; minutes += 5) {
    for (const watch of [PODS, CLUSTERS]) world.activity.stepped(watch, "failure");
    await world.clock.advance(5 * 60_000);
  }
  expect(await world.get("/livez")).toMatchObject({ status: 200 });
  world.activity.stepped(CLUSTERS, "bookmark");
  await world.clock.advance(11 * 60_000);
  expect(await world.get("/livez")).toEqual({ status: 503, text: `stuck: ${PODS}\n` });
});

test("metrics count what watches do and how looks at clusters end", async () => {
  await using world = await startWorld();
  const { metrics } = world;
  metrics.watchStepped("pods", "list");
  for (let i = 0; i < 3; i++) metrics.watchStepped("pods", "event");
  await metrics.reconcile(async () => "done");
  await metrics.reconcile(() => Promise.reject(new Error("failed"))).catch(() => {});
  const { text } = await world.get("/metrics");
  expect(text).toContain('rollup_boost_operator_watch_steps_total{resource="pods",step="event"} 3\n');
  expect(text).toContain('rollup_boost_operator_reconcile_duration_seconds_count{result="done"} 1\n');
  expect(text).toContain('rollup_boost_operator_reconcile_duration_seconds_count{result="failed"} 1\n');
  expect(text).toContain("rollup_boost_operator_synced 0\n");
  expect(await world.get("/")).toMatchObject({ status: 404 });
});

test("metrics say whether this replica holds the lease at this moment", async () => {
  await using world = await startWorld();
  const { lease } = world;
  for (const isHolder of [false, true, false]) {
    lease.isHolder = isHolder;
    expect((await world.get("/metrics")).text).toContain(`rollup_boost_operator_lease_holder ${isHolder ? 1 : 0}\n`);
  }
});

async function startWorld() {
  const clock = new ManualClock();
  const activity = new WatchActivity(clock.monotonicMs);
  for (const watch of [PODS, CLUSTERS]) activity.expect(watch);
  const lease = { isHolder: false };
  const metrics = new Metrics({ isLeaseHolder: () => lease.isHolder });
  const server = await startHealthServer({ port: 0 }, { activity, metrics });
  return {
    clock,
    activity,
    metrics,
    lease,
    get: async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
      return { status: response.status, text: await response.text() };
    },
    [Symbol.asyncDispose]: () => server.close(),
  };
}
