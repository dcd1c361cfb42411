import { expect, test } from "vitest";
import type { KubeObject } from "../../operator/kubernetes/kube-object.ts";
import { resources } from "../../operator/kubernetes/resources.ts";
import { conditionOf } from "./kit/conditions.ts";
import { startOneSequencer } from "./kit/one-sequencer.ts";

const CHILD = "base-sequencer-0";
const PEERS = { engineFrom: [{ podSelector: {} }], adminFrom: [{ podSelector: {} }] };

const OTHERS = [
  { kind: "ConfigMap", apiVersion: "v1", name: CHILD, rest: { data: { mine: "yes" } } },
  { kind: "Secret", apiVersion: "v1", name: CHILD, rest: { stringData: { mine: "yes" } } },
  { kind: "Service", apiVersion: "v1", name: CHILD, rest: { spec: { ports: [{ port: 80 }] } } },
  {
    kind: "Deployment",
    apiVersion: "apps/v1",
    name: CHILD,
    rest: {
      spec: {
        replicas: 0,
        selector: { matchLabels: { mine: "yes" } },
        template: { metadata: { labels: { mine: "yes" } }, spec: { containers: [{ name: "a", image: "b" }] } },
      },
    },
  },
  {
    kind: "PodDisruptionBudget",
    apiVersion: "policy/v1",
    name: "base",
    rest: { spec: { selector: { matchLabels: { mine: "yes" } } } },
  },
  {
    kind: "NetworkPolicy",
    apiVersion: "networking.k8s.io/v1",
    name: "base",
    rest: { spec: { podSelector: { matchLabels: { mine: "yes" } } } },
  },
] as const;
test.each(OTHERS)("a $kind that someone else has under a child's name is never taken over", async (other) => {
  await using world = await startOneSequencer();
  const { space } = world;
  const { apiVersion, kind, name, rest } = other;
  const resource = Object.values(resources).find((known) => known.kind === kind) ?? resources.configMaps;
  await space.apply({ apiVersion, kind, metadata: { name }, ...rest });
  const before = await space.get(resource, name);

  await space.apply(world.manifest({ proxy: { networkPolicy: PEERS } }));
  const stalled = await world.condition("Stalled", "ChildTaken");
  expect(stalled.message).toContain(`${kind} ${name} exists and belongs to something else: delete or rename it`);
  expect(conditionOf(await world.cluster(), "Ready")).toMatchObject({ status: "False", reason: "ChildTaken" });
  expect(withoutBookkeeping(await space.get(resource, name))).toEqual(withoutBookkeeping(before));

  await space.kubectl("delete", `${kind}/${name}`);
  await world.ready();
});

test("a child's name is taken while the proxy runs: the shut-off still arrives", async () => {
  await using world = await startOneSequencer();
  const { space } = world;
  await space.apply(world.manifest());
  await world.ready();
  await space.kubectl("annotate", "rbc/base", "rollup-boost.dev/reconcile=disabled");
  await world.condition("ReconciliationPaused", "ReconciliationPaused");
  await space.kubectl("delete", `service/${CHILD}`);
  await space.kubectl("create", "service", "clusterip", CHILD, "--tcp=80");
  await space.kubectl("annotate", "rbc/base", "rollup-boost.dev/reconcile-");
  await world.condition("Stalled", "ChildTaken");

  await world.patch({ spec: { executionMode: "disabled" } });
  await world.everyProxyIs("disabled");
});

/** What controllers move by themselves is left out. */
function withoutBookkeeping(object: KubeObject | undefined) {
  if (object === undefined) return undefined;
  const { status: _, metadata, ...rest } = object;
  const { resourceVersion: __, managedFields: ___, annotations: ____, ...kept } = metadata;
  return { ...rest, metadata: kept };
}
