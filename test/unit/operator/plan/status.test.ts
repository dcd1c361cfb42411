import { describe, expect, test } from "vitest";
import type { ClusterStatus } from "../../../../operator/api/cluster-status.ts";
import { ClusterStatus as ClusterStatusSchema } from "../../../../operator/api/cluster-status.ts";
import { childTaken, invalidSpec } from "../../../../operator/api/conditions.ts";
import type { Observed } from "../../../../operator/plan/model.ts";
import { plan } from "../../../../operator/plan/plan.ts";
import { statusWith } from "../../../../operator/plan/status.ts";
import { cluster } from "../kit/cluster.ts";
import { empty, NOW, OPTIONS, proxy, settled } from "../kit/observed.ts";

const statusOf = (observed: Observed, wanted = cluster()): ClusterStatus => plan(wanted, observed, OPTIONS).status;
const condition = (status: ClusterStatus, type: string) => status.conditions?.find((found) => found.type === type);
const written = (sequencer: string) => {
  const document = settled(cluster()).sequencers[sequencer]?.written;
  if (document === undefined) throw new Error("nothing was written");
  return document;
};
const withBuilder = (state: "silent" | "lagging" | "benched" | "unknown") =>
  proxy(written("sequencer-0"), { builders: [{ name: "builder-0", state, since: NOW, reason: "connection refused" }] });

test("all is well: Ready, no Reconciling, no Stalled, rows and summaries say so", () => {
  const status = statusOf(settled(cluster()));
  expect(status.conditions?.map(({ type, status, reason }) => `${type} ${status} ${reason}`)).toEqual([
    "Ready True AllProxiesReady",
    "ProxiesAvailable True AllProxiesAvailable",
    "SecretsValid True AllSecretsValid",
    "BuildersHealthy True AllBuildersHealthy",
    "LeaderKnown True OneLeader",
    "ExternalBuildingEnabled True Enabled",
  ]);
  expect(status).toMatchObject({
    observedGeneration: 3,
    leader: "sequencer-0",
    summary: { proxies: "2/2", builders: "2/2" },
    sequencers: [
      {
        name: "sequencer-0",
        leader: "leader",
        proxyAvailable: true,
        desiredRevision: 1,
        confirmedRevision: 1,
        builders: ["builder-0"],
        executionMode: "enabled",
      },
      { name: "sequencer-1", leader: "follower" },
    ],
    builders: [{ name: "builder-0", state: "healthy", since: NOW, wiredTo: ["sequencer-0"] }, { name: "builder-1" }],
  });
  expect(ClusterStatusSchema.safeParse(status).success).toBe(true);
});

test("a new cluster: not Ready, Reconciling for the same reason", () => {
  const status = statusOf(empty(cluster()));
  expect(condition(status, "Ready")).toMatchObject({ status: "False", reason: "ProxiesUnavailable" });
  expect(condition(status, "Reconciling")).toMatchObject({ status: "True", reason: "ProxiesUnavailable" });
});

test("all builders down: BuildersHealthy says so, the cluster stays Ready and is not Stalled", () => {
  const [sequencer] = cluster().spec.sequencers;
  const alone = cluster({ sequencers: [sequencer], builders: cluster().spec.builders.slice(0, 1) });
  const status = statusOf(settled(alone, { "sequencer-0": { proxies: [withBuilder("silent")] } }), alone);
  expect(condition(status, "BuildersHealthy")).toMatchObject({
    status: "False",
    reason: "AllBuildersUnhealthy",
    message:
      "builder-0 is silent (connection refused); blocks come from the sequencers' own execution clients meanwhile; check the builder and its url",
  });
  expect(condition(status, "Ready")).toMatchObject({ status: "True" });
  expect(condition(status, "Stalled")).toBeUndefined();
});

test.each([
  ["lagging", "False", "SomeBuildersUnhealthy", "1/2"],
  ["benched", "False", "SomeBuildersUnhealthy", "1/2"],
  ["unknown", "Unknown", "BuildersNotMeasured", "1/2"],
] as const)("one builder is %s", (state, conditionStatus, reason, summary) => {
  const status = statusOf(settled(cluster(), { "sequencer-0": { proxies: [withBuilder(state)] } }));
  expect(condition(status, "BuildersHealthy")).toMatchObject({ status: conditionStatus, reason });
  expect(status.summary?.builders).toBe(summary);
});

test("no builder is wired: nothing is said about their health", () => {
  const bare = cluster({
    builders: [],
    sequencers: cluster().spec.sequencers.map((s) => ({ ...s, builder: undefined })),
  });
  expect(condition(statusOf(settled(bare), bare), "BuildersHealthy")).toMatchObject({ reason: "NoBuilderWired" });
});

test("a proxy that has not confirmed its revision: not Ready, and its own words are shown", () => {
  const silent = {
    name: "pod-a",
    adminUrl: "http://x",
    ready: true,
    status: undefined,
    problem: "no answer within 1000 ms",
  };
  const status = statusOf(settled(cluster(), { "sequencer-1": { proxies: [silent] } }));
  expect(condition(status, "Ready")).toMatchObject({
    status: "False",
    reason: "ConfigUnconfirmed",
    message:
      "the proxy of sequencer-1 has not confirmed revision 1 (pod-a: no answer within 1000 ms); wait, or look at its pod and log",
  });
  expect(status.summary?.proxies).toBe("1/2");
  expect(status.sequencers?.[1]).not.toHaveProperty("confirmedRevision");
});

test("a terminating pod with an old revision holds Ready back, as it may still serve", () => {
  const old = { ...proxy(written("sequencer-0"), { revision: 0 }), ready: false };
  const status = statusOf(settled(cluster(), { "sequencer-0": { proxies: [proxy(written("sequencer-0")), old] } }));
  expect(condition(status, "Ready")).toMatchObject({ status: "False", reason: "ConfigUnconfirmed" });
  expect(status.sequencers?.[0]).toMatchObject({ confirmedRevision: 0, desiredRevision: 1 });
});

test("a proxy older than the operator names the fields it does not know", () => {
  const older = proxy(written("sequencer-0"), { unknownFields: ["selection"] });
  const status = statusOf(settled(cluster(), { "sequencer-0": { proxies: [older] } }));
  expect(status.sequencers?.[0]?.problem).toContain("does not know selection: update its image");
});

test("a proxy of the previous schema version: what it is, and what to do, by whose image it is", () => {
  const older = proxy(written("sequencer-0"), { schemaVersion: 0, revision: 0 });
  const overrides = { "sequencer-0": { proxies: [older] } };
  const ours = statusOf(settled(cluster(), overrides));
  expect(condition(ours, "Ready")).toMatchObject({ status: "False", reason: "ProxyOutdated" });
  expect(condition(ours, "Ready")?.message).toContain("schema version 0, the operator writes 1");
  expect(condition(ours, "Reconciling")).toMatchObject({ status: "True" });
  expect(condition(ours, "Stalled")).toBeUndefined();

  const pinned = cluster({ proxy: { image: "registry.example/proxy:old" } });
  const theirs = statusOf(settled(pinned, overrides), pinned);
  expect(condition(theirs, "Stalled")).toMatchObject({ status: "True", reason: "ProxyOutdated" });
  expect(condition(theirs, "Stalled")?.message).toContain("update its image (spec.proxy.image)");
});

describe("who leads", () => {
  const leadership = (zero: "leader" | "follower" | "unknown", one: "leader" | "follower" | "unknown") =>
    statusOf(settled(cluster(), { "sequencer-0": { leader: zero }, "sequencer-1": { leader: one } }));

  test("nobody", () => {
    const status = leadership("follower", "follower");
    expect(condition(status, "LeaderKnown")).toMatchObject({ status: "False", reason: "NoLeader" });
    expect(status).not.toHaveProperty("leader");
  });

  test("unclear", () => {
    expect(condition(leadership("follower", "unknown"), "LeaderKnown")).toMatchObject({ reason: "LeaderUnclear" });
  });

  test("no op-conductors: nobody is asked", () => {
    const bare = cluster({ sequencers: cluster().spec.sequencers.map((s) => ({ ...s, conductor: undefined })) });
    const observed = settled(bare, { "sequencer-0": { leader: "unknown" }, "sequencer-1": { leader: "unknown" } });
    expect(condition(statusOf(observed, bare), "LeaderKnown")).toMatchObject({
      status: "Unknown",
      reason: "NoConductor",
    });
  });
});

test("the shut-off: how many proxies confirm it", () => {
  const off = cluster({ executionMode: "disabled" });
  expect(condition(statusOf(settled(cluster()), off), "ExternalBuildingEnabled")).toMatchObject({
    status: "False",
    reason: "ShutOff",
    message:
      "spec.executionMode is disabled: 0 of 2 proxies confirm that no builder is asked; set spec.executionMode to enabled to go on",
  });
  expect(condition(statusOf(settled(off), off), "ExternalBuildingEnabled")?.message).toContain("2 of 2 proxies");
});

test("lastTransitionTime moves only when the condition's status changes", () => {
  const later = "2026-11-22T13:00:00Z";
  const before = statusOf(settled(cluster()));
  const again = statusOf({ ...settled(cluster()), previousStatus: before, now: later });
  expect(again).toEqual(before);
  const down = settled(cluster(), { "sequencer-0": { proxiesAvailable: false } });
  const after = statusOf({ ...down, previousStatus: before, now: later });
  expect(condition(after, "Ready")).toMatchObject({ status: "False", lastTransitionTime: later });
  expect(condition(after, "LeaderKnown")).toMatchObject({ lastTransitionTime: NOW });
});

test("what stops the operator takes the place of Ready and Reconciling, and leaves the rest", () => {
  const before = statusOf(empty(cluster()));
  const status = statusWith(invalidSpec(["spec.topology: found 7"]), 4, before, NOW);
  expect(condition(status, "Stalled")).toMatchObject({ status: "True", reason: "InvalidSpec", observedGeneration: 4 });
  expect(condition(status, "Ready")).toMatchObject({ status: "False", reason: "InvalidSpec" });
  expect(condition(status, "Reconciling")).toBeUndefined();
  expect(condition(status, "LeaderKnown")).toEqual(condition(before, "LeaderKnown"));
  expect(status).toMatchObject({ observedGeneration: 4, sequencers: before.sequencers });
  const taken = statusWith(childTaken("Service", "a-b"), 4, status, NOW);
  expect(condition(taken, "Ready")?.message).toBe(
    "Service a-b exists and belongs to something else: delete or rename it, or rename the cluster or sequencer",
  );
});
