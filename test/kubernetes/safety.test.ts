import { expect, test } from "vitest";
import { resources } from "../../operator/kubernetes/resources.ts";
import { until } from "../devnet/until.ts";
import { conditionOf } from "./kit/conditions.ts";
import { startOneSequencer } from "./kit/one-sequencer.ts";

const CHILD = "base-sequencer-0";
const PEERS = {
  engineFrom: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "op-node" } } }],
  adminFrom: [
    { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "rollup-boost-operator" } } },
    { ipBlock: { cidr: "10.0.0.0/8" } },
  ],
};

test("a spec that does not parse: Stalled, children untouched, and the shut-off still arrives", async () => {
  await using world = await startOneSequencer();
  const { space } = world;
  await space.apply(world.manifest());
  await world.ready();
  const before = await versions(world);
  // The API server's pattern takes this port, a URL parser does not: as an object stored by an older schema.
  await setBuilderUrl(world, "http://op-geth:99999");
  const stalled = await world.condition("Stalled", "InvalidSpec");
  expect(stalled.message).toContain("spec.builders[0].url");
  expect(stalled.message).toContain("the proxies keep what they run");
  expect(await versions(world)).toEqual(before);

  await world.patch({ spec: { executionMode: "disabled" } });
  await world.everyProxyIs("disabled");
  expect(await world.proxies()).toMatchObject([{ revision: 2, executionMode: "disabled" }]);
  const shutOff = await until("the status says so", async () => {
    const found = conditionOf(await world.cluster(), "ExternalBuildingEnabled");
    return found?.message.includes("1 of 1") ? found : undefined;
  });
  expect(shutOff).toMatchObject({ status: "False", reason: "ShutOff" });
  const after = await versions(world);
  expect({ ...after, ConfigMap: before.ConfigMap }).toEqual(before);

  await setBuilderUrl(world, "http://op-geth:8551");
  await world.ready();
  expect(conditionOf(await world.cluster(), "Stalled")).toBeUndefined();
});

test("paused by annotation: nothing is put right, the shut-off still arrives, and it goes on when the annotation goes", async () => {
  await using world = await startOneSequencer();
  const { space } = world;
  await space.apply(world.manifest());
  await world.ready();
  await space.kubectl("annotate", "rbc/base", "rollup-boost.dev/reconcile=disabled");
  const paused = await world.condition("ReconciliationPaused", "ReconciliationPaused");
  expect(paused.message).toContain("remove it to go on");
  expect(conditionOf(await world.cluster(), "Ready")).toMatchObject({
    status: "False",
    reason: "ReconciliationPaused",
  });

  await space.kubectl("delete", `service/${CHILD}`);
  await world.patch({ spec: { executionMode: "disabled", timing: { blockTimeMs: 1_000 } } });
  await world.everyProxyIs("disabled");
  // The rest of the spec waits.
  const configMap = await space.get(resources.configMaps, CHILD);
  expect(JSON.stringify(configMap?.data)).toContain('\\"blockTimeMs\\": 2000');
  expect(await space.get(resources.services, CHILD)).toBeUndefined();

  await world.patch({ spec: { executionMode: "enabled" } });
  await world.everyProxyIs("enabled");
  await space.kubectl("annotate", "rbc/base", "rollup-boost.dev/reconcile-");
  await until("the Service is back", () => space.get(resources.services, CHILD));
  await world.ready();
  expect(conditionOf(await world.cluster(), "ReconciliationPaused")).toBeUndefined();
});

test("another manager's own fields on a child stay; one it sets of ours is set back and named with the manager", async () => {
  await using world = await startOneSequencer();
  const { space } = world;
  await space.apply(world.manifest());
  await world.ready();
  await space.kubectl("label", "--field-manager=team-tool", `deployment/${CHILD}`, "team=a");
  const scaled = '{"spec":{"revisionHistoryLimit":5}}';
  await space.kubectl("patch", "--field-manager=team-tool", `deployment/${CHILD}`, "--type=merge", "-p", scaled);
  const contested = await world.condition("FieldsContested", "FieldsContested");
  expect(contested.message).toContain(`team-tool had set .spec.revisionHistoryLimit of Deployment ${CHILD}`);
  expect(contested.message).toContain("stop that manager");
  expect(await space.get(resources.deployments, CHILD)).toMatchObject({
    metadata: { labels: { team: "a" } },
    spec: { revisionHistoryLimit: 2 },
  });
  await world.ready();
});

test("one PodDisruptionBudget covers all proxies; a NetworkPolicy only where the spec asks, and gone when it does not", async () => {
  await using world = await startOneSequencer();
  const { space } = world;
  await space.apply(world.manifest({ proxy: { networkPolicy: PEERS } }));
  await world.ready();
  const labels = { "app.kubernetes.io/name": "rollup-boost-proxy", "rollup-boost.dev/cluster": "base" };
  expect((await space.list(resources.podDisruptionBudgets)).map(({ spec }) => spec)).toEqual([
    { maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow", selector: { matchLabels: labels } },
  ]);
  // As stored: a rule without `from` would let everyone in. Nothing here enforces it.
  expect((await space.get(resources.networkPolicies, "base"))?.spec).toEqual({
    podSelector: { matchLabels: labels },
    policyTypes: ["Ingress"],
    ingress: [
      {
        from: PEERS.engineFrom,
        ports: [
          { port: 8551, protocol: "TCP" },
          { port: 8545, protocol: "TCP" },
        ],
      },
      { from: PEERS.adminFrom, ports: [{ port: 8080, protocol: "TCP" }] },
    ],
  });
  await world.patch({ spec: { proxy: { networkPolicy: null } } });
  await until("the NetworkPolicy is gone", async () =>
    (await space.get(resources.networkPolicies, "base")) === undefined ? true : undefined,
  );
});

test("a deleted cluster leaves nothing, and no finalizer holds it", async () => {
  await using world = await startOneSequencer();
  const { space } = world;
  await space.apply(world.manifest({ proxy: { networkPolicy: PEERS } }));
  await world.ready();
  expect((await world.cluster())?.metadata).not.toHaveProperty("finalizers");
  await space.kubectl("delete", "rbc/base");
  const kinds = [
    resources.deployments,
    resources.services,
    resources.configMaps,
    resources.secrets,
    resources.podDisruptionBudgets,
    resources.networkPolicies,
    resources.pods,
  ];
  await until(
    "nothing is left",
    async () => {
      const left = (await Promise.all(kinds.map((kind) => space.list(kind)))).flat();
      return left.some(({ metadata }) => metadata.name.startsWith("base")) ? undefined : true;
    },
    30_000,
  );
});

test("no ServiceMonitor kind: a condition says so, the rest works", async () => {
  await using world = await startOneSequencer();
  await world.space.apply(world.manifest({ proxy: { serviceMonitor: { labels: { release: "prometheus" } } } }));
  await world.ready();
  const missing = await world.condition("ServiceMonitorMissing", "ServiceMonitorKindAbsent");
  expect(missing.message).toContain("install the Prometheus operator's CustomResourceDefinitions");
  await world.patch({ spec: { proxy: { serviceMonitor: null } } });
  await until("it is no longer said", async () =>
    conditionOf(await world.cluster(), "ServiceMonitorMissing") === undefined ? true : undefined,
  );
});

type World = Awaited<ReturnType<typeof startOneSequencer>>;

const setBuilderUrl = ({ space }: World, value: string): Promise<string> => {
  const operations = [{ op: "replace", path: "/spec/builders/0/url", value }];
  return space.kubectl("patch", "rbc/base", "--type=json", "-p", JSON.stringify(operations));
};

/** resourceVersion of each child by kind; of what only we write. */
async function versions({ space }: World) {
  const kinds = [resources.configMaps, resources.services, resources.secrets];
  const children = await Promise.all(kinds.map((kind) => space.get(kind, CHILD)));
  const found = children.map((child, index) => [kinds[index]?.kind ?? "", child?.metadata.resourceVersion] as const);
  return Object.fromEntries(found);
}
