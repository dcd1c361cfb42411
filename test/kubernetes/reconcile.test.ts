import { expect, test } from "vitest";
import type { KubeObject } from "../../operator/kubernetes/kube-object.ts";
import { resources } from "../../operator/kubernetes/resources.ts";
import { Raft, startConductor } from "../devnet/conductor.ts";
import { startExecutionClient } from "../devnet/execution-client.ts";
import { until } from "../devnet/until.ts";
import { clusterManifest, JWT_SECRET, secretManifest, sequencerManifest } from "./kit/cluster-manifest.ts";
import { conditionOf } from "./kit/conditions.ts";
import { startKubelet } from "./kit/kubelet-stand-in.ts";
import { startOperator } from "./kit/operator-in-process.ts";
import { statusOf } from "./kit/proxy-status.ts";
import { type TestSpace, testSpace } from "./kit/test-space.ts";

const CHILDREN = [resources.deployments, resources.services, resources.configMaps, resources.secrets];

test("a cluster becomes a Deployment, Service, ConfigMap and Secret per sequencer, and Ready", async () => {
  await using world = await startWorld();
  const { space } = world;
  await space.apply(world.manifest());
  await space.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "rbc/base");

  const cluster = await space.get(resources.clusters, "base");
  for (const name of ["base-sequencer-0", "base-sequencer-1"]) {
    for (const resource of CHILDREN) {
      const child = await space.get(resource, name);
      expect(child?.metadata.ownerReferences, `${resource.kind} ${name}`).toEqual([
        expect.objectContaining({ kind: "RollupBoostCluster", uid: cluster?.metadata.uid, controller: true }),
      ]);
      expect(child?.metadata.labels).toMatchObject({
        "app.kubernetes.io/managed-by": "rollup-boost-operator",
        "rollup-boost.dev/cluster": "base",
      });
    }
  }
  expect(cluster?.status).toMatchObject({
    observedGeneration: 1,
    leader: "sequencer-0",
    summary: { proxies: "2/2", builders: "0/1" },
    sequencers: [
      { name: "sequencer-0", leader: "leader", proxyAvailable: true, confirmedRevision: 1, builders: ["builder-0"] },
      { name: "sequencer-1", leader: "follower", proxyAvailable: true, confirmedRevision: 1, builders: [] },
    ],
  });
  expect(conditionOf(cluster, "Ready")).toMatchObject({ status: "True", reason: "AllProxiesReady" });
  expect(conditionOf(cluster, "Reconciling")).toBeUndefined();
  // Builders have no say in Ready; no op-node drives these, so nobody knows how the builder is.
  expect(conditionOf(cluster, "BuildersHealthy")).toMatchObject({ status: "Unknown", reason: "BuildersNotMeasured" });

  const [header, row] = (await space.kubectl("get", "rbc")).trim().split("\n");
  expect(header?.split(/\s+/)).toEqual(["NAME", "TOPOLOGY", "READY", "LEADER", "PROXIES", "BUILDERS", "MODE", "AGE"]);
  expect(row?.split(/\s+/).slice(0, -1)).toEqual(["base", "OneToOne", "True", "sequencer-0", "2/2", "0/1", "enabled"]);
});

test("executionMode disabled reaches every running proxy, and no pod is restarted for it", async () => {
  await using world = await startWorld();
  const { space, kubelet } = world;
  await space.apply(world.manifest());
  await space.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "rbc/base");
  const before = [...kubelet.pods.values()].map(({ name, pid }) => ({ name, pid }));

  await space.kubectl("patch", "rbc/base", "--type=merge", "-p", '{"spec":{"executionMode":"disabled"}}');
  await until("every proxy disabled", async () => {
    const statuses = await Promise.all([...kubelet.pods.values()].map(statusOf));
    return statuses.every((status) => status.executionMode === "disabled" && status.revision === 2) ? true : undefined;
  });
  await space.kubectl("wait", "--for=condition=ExternalBuildingEnabled=False", "--timeout=20s", "rbc/base");
  await space.kubectl("wait", "--for=condition=Ready", "--timeout=20s", "rbc/base");
  expect([...kubelet.pods.values()].map(({ name, pid }) => ({ name, pid }))).toEqual(before);
  expect(writtenDocument(await space.get(resources.configMaps, "base-sequencer-1"))).toMatchObject({
    revision: 2,
    executionMode: "disabled",
  });
});

test("a deleted cluster leaves nothing behind", async () => {
  await using world = await startWorld();
  const { space } = world;
  await space.apply(world.manifest());
  await space.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "rbc/base");
  await space.kubectl("delete", "rbc/base");
  await until("no child left", async () => ((await remaining(space)).length === 0 ? true : undefined), 30_000);
  await until("no pod left", async () => ((await space.list(resources.pods)).length === 0 ? true : undefined), 30_000);
});

test("a child that someone changed or deleted is put right", async () => {
  await using world = await startWorld();
  const { space } = world;
  await space.apply(world.manifest());
  await space.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "rbc/base");

  await space.kubectl("delete", "service/base-sequencer-0");
  await space.kubectl(
    "patch",
    "service/base-sequencer-1",
    "--type=merge",
    "-p",
    '{"spec":{"selector":{"app":"other"}}}',
  );
  await until("both Services as they should be", async () => {
    const [first, second] = await Promise.all(
      ["base-sequencer-0", "base-sequencer-1"].map((name) => space.get(resources.services, name)),
    );
    const spec = second?.spec as { readonly selector?: Readonly<Record<string, string>> } | undefined;
    return first !== undefined && spec?.selector?.["rollup-boost.dev/sequencer"] === "sequencer-1" ? true : undefined;
  });
});

/** Two sequencers with op-conductors, the first with a builder; an operator and a kubelet for one namespace. */
async function startWorld() {
  const stack = new AsyncDisposableStack();
  const space = stack.use(await testSpace());
  const [first, second, builder] = await Promise.all(
    ["sequencer-0", "sequencer-1", "builder-0"].map(async (name) =>
      stack.use(await startExecutionClient({ name, jwtSecret: JWT_SECRET })),
    ),
  );
  const raft = new Raft(["sequencer-0", "sequencer-1"]);
  const conductors = await Promise.all(
    raft.members.map(async (name) => stack.use(await startConductor({ name, raft }))),
  );
  await space.apply(secretManifest("engine-jwt", { "jwt.hex": `0x${JWT_SECRET}\n` }));
  const kubelet = stack.use(startKubelet(space));
  stack.use(startOperator(space));
  const conductorOf = (index: number) => ({ url: conductors[index]?.url, raftServerId: raft.members[index] });
  return {
    space,
    kubelet,
    manifest: (spec: Readonly<Record<string, unknown>> = {}) =>
      clusterManifest({
        sequencers: [
          { ...sequencerManifest("sequencer-0", first), conductor: conductorOf(0), builder: "builder-0" },
          { ...sequencerManifest("sequencer-1", second), conductor: conductorOf(1) },
        ],
        builders: [
          { name: "builder-0", url: builder?.engineUrl, jwtSecretRef: { name: "engine-jwt", key: "jwt.hex" } },
        ],
        ...spec,
      }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Names of the cluster and its children that are still there. */
async function remaining(space: TestSpace): Promise<readonly string[]> {
  const lists = await Promise.all([resources.clusters, ...CHILDREN].map(space.list));
  return lists.flatMap((list) => list.map(({ metadata }) => metadata.name)).filter((name) => name.startsWith("base"));
}

function writtenDocument(configMap: KubeObject | undefined): unknown {
  const data = configMap?.data as Readonly<Record<string, string>> | undefined;
  return JSON.parse(data?.["config.json"] ?? "null");
}
