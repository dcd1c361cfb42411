import pino from "pino";
import { expect, test } from "vitest";
import type { ClusterStatus } from "../../../../operator/api/cluster-status.ts";
import { EventRecorder } from "../../../../operator/apply/event-recorder.ts";
import type { KubeObject } from "../../../../operator/kubernetes/kube-object.ts";
import { ManualClock } from "../kit/manual-clock.ts";

const CLUSTER: KubeObject = {
  apiVersion: "rollup-boost.dev/v1alpha1",
  kind: "RollupBoostCluster",
  metadata: { name: "base", namespace: "op-stack", uid: "uid", resourceVersion: "1" },
};

test("a cluster that turns without end writes a bounded number of Events, and later again", async () => {
  const world = startWorld();
  for (let turn = 0; turn < 100; turn += 1) world.tell(`leader-${turn}`);
  await world.recorder.close();
  expect(world.created).toHaveLength(25);
  await world.clock.advance(60_000);
  world.tell("leader-a");
  world.tell("leader-b");
  world.tell("leader-c");
  await world.recorder.close();
  expect(world.created).toHaveLength(27);
});

test("the same news within minutes is counted on one Event; the same status is no news", async () => {
  const world = startWorld();
  for (const leader of ["a", "a", "b", "a", "b", "a"]) world.tell(leader);
  await world.recorder.close();
  expect(world.created).toHaveLength(2);
  expect(world.counts).toEqual([2, 2, 3]);
  await world.clock.advance(7 * 60_000);
  world.tell("b");
  await world.recorder.close();
  expect(world.created).toHaveLength(3);
});

test("an Event that cannot be written holds up nothing", async () => {
  const world = startWorld({ fails: true });
  world.tell("a");
  await world.recorder.close();
  expect(world.created).toHaveLength(0);
});

function startWorld({ fails = false } = {}) {
  const clock = new ManualClock();
  const created: object[] = [];
  const counts: number[] = [];
  const client = {
    create: async (_: string, event: object) => {
      if (fails) throw new Error("forbidden");
      created.push(event);
      return { metadata: { name: `event-${created.length}`, uid: "", resourceVersion: "1" } };
    },
    mergePatch: async (_: string, patch: object) => {
      counts.push((patch as { readonly series: { readonly count: number } }).series.count);
      return CLUSTER;
    },
  };
  const log = pino({ level: "silent" });
  const signal = new AbortController().signal;
  const recorder = new EventRecorder({ client, clock, log, identity: "operator", signal });
  const status = (leader: string): ClusterStatus => ({
    conditions: [
      { type: "LeaderKnown", status: "True", reason: "OneLeader", message: `${leader} leads`, lastTransitionTime: "" },
    ],
  });
  const tell = (leader: string): void => recorder.tell("op-stack/base", CLUSTER, undefined, status(leader));
  return { clock, created, counts, recorder, tell };
}
