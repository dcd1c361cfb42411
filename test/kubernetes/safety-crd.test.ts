import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { connect, type KubeClient } from "../../operator/kubernetes/kube-client.ts";
import type { KubeObject } from "../../operator/kubernetes/kube-object.ts";
import { objectPath, type Resource, resources } from "../../operator/kubernetes/resources.ts";
import { until } from "../devnet/until.ts";
import { startControlPlane } from "./control-plane/source.ts";
import { capturedLog } from "./kit/captured-log.ts";
import { clusterManifest, JWT_SECRET, secretManifest } from "./kit/cluster-manifest.ts";
import { conditionOf } from "./kit/conditions.ts";
import { startOperator } from "./kit/operator-in-process.ts";

const CRD = join(import.meta.dirname, "../../crds/rollup-boost.dev_rollupboostclusters.yaml");
const CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const SERVICE_MONITORS = "servicemonitors.monitoring.coreos.com";

test("a CRD older than the operator: one clear message, children made, no write without need; gone when it is updated", async () => {
  const crd: Crd = parse(await readFile(CRD, "utf8"));
  await using plane = await ownControlPlane(withoutStatusField(crd, "summary"));
  const { client } = plane;
  const log = capturedLog();
  await using _ = startOperator({ ...plane, namespace: "default" }, log.log);
  await plane.apply(resources.secrets, secretManifest("engine-jwt", { "jwt.hex": JWT_SECRET }));
  await plane.apply(resources.clusters, clusterManifest());
  const outdated = await until("the condition", async () => conditionOf(await plane.cluster(), "CrdOutdated"), 30_000);
  expect(outdated).toMatchObject({ status: "True", reason: "CrdOlderThanOperator" });
  expect(outdated.message).toContain("apply the one of the operator's version");
  await until("the Deployment", () => client.get(objectPath(resources.deployments, "default", "base-sequencer-0")));

  const version = async () => (await plane.cluster())?.metadata.resourceVersion;
  const isAtRest = async (): Promise<boolean> => {
    const before = await version();
    const moved = async () => ((await version()) === before ? undefined : true);
    return await until("a change", moved, 3_000).then(
      () => false,
      () => true,
    );
  };
  await until("nothing moves for three looks", async () => ((await isAtRest()) ? true : undefined), 30_000);
  expect(log.text().match(/is older than the operator/g)).toHaveLength(1);
  expect(log.text()).not.toContain("reconcile failed");

  await plane.applyCrd(crd);
  const isWhole = async (): Promise<true | undefined> => {
    const cluster = await plane.cluster();
    const isSaid = conditionOf(cluster, "CrdOutdated") !== undefined;
    return !isSaid && JSON.stringify(cluster?.status).includes("summary") ? true : undefined;
  };
  await until("a whole status", isWhole, 60_000);
});

test("where the kind is known, the ServiceMonitor is made, never taken over, and gone when the spec drops it", async () => {
  await using plane = await ownControlPlane(parse(await readFile(CRD, "utf8")), serviceMonitorCrd());
  const { client } = plane;
  await using _ = startOperator({ ...plane, namespace: "default" });
  await plane.apply(resources.secrets, secretManifest("engine-jwt", { "jwt.hex": JWT_SECRET }));
  const monitorPath = objectPath(resources.serviceMonitors, "default", "base");
  await plane.apply(resources.serviceMonitors, {
    apiVersion: resources.serviceMonitors.apiVersion,
    kind: "ServiceMonitor",
    metadata: { name: "base" },
    spec: { mine: "yes" },
  });
  await plane.apply(
    resources.clusters,
    clusterManifest({ proxy: { serviceMonitor: { labels: { release: "prometheus" }, interval: "15s" } } }),
  );
  const taken = await until("the name is taken", async () => {
    const found = conditionOf(await plane.cluster(), "Stalled");
    return found?.reason === "ChildTaken" ? found : undefined;
  });
  expect(taken.message).toContain("ServiceMonitor base exists and belongs to something else");
  expect((await client.get(monitorPath))?.spec).toEqual({ mine: "yes" });

  await client.delete(monitorPath);
  const monitor = await until("a ServiceMonitor of ours", async () => {
    const found = await client.get(monitorPath);
    return found?.metadata.ownerReferences === undefined ? undefined : found;
  });
  expect(monitor).toMatchObject({
    metadata: { labels: { release: "prometheus", "rollup-boost.dev/cluster": "base" } },
    spec: {
      selector: { matchLabels: { "rollup-boost.dev/cluster": "base" } },
      endpoints: [{ targetPort: "admin", path: "/metrics", interval: "15s" }],
    },
  });
  await client.mergePatch(objectPath(resources.clusters, "default", "base"), {
    spec: { proxy: { serviceMonitor: null } },
  });
  await until("no ServiceMonitor", async () => ((await client.get(monitorPath)) === undefined ? true : undefined));
});

type Named = { readonly metadata: { readonly name: string }; readonly [field: string]: unknown };
type Crd = { readonly metadata: { readonly name: string }; readonly spec: { readonly versions: readonly Version[] } };
type Version = {
  readonly schema: {
    readonly openAPIV3Schema: { readonly properties: { readonly status: { readonly properties: object } } };
  };
};

function withoutStatusField(crd: Crd, field: string): Crd {
  const older = structuredClone(crd);
  const properties = older.spec.versions[0]?.schema.openAPIV3Schema.properties.status.properties;
  if (properties !== undefined) Reflect.deleteProperty(properties, field);
  return older;
}

const serviceMonitorCrd = () => ({
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: SERVICE_MONITORS },
  spec: {
    group: "monitoring.coreos.com",
    scope: "Namespaced",
    names: {
      kind: "ServiceMonitor",
      plural: "servicemonitors",
      singular: "servicemonitor",
      listKind: "ServiceMonitors",
    },
    versions: [
      {
        name: "v1",
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
      },
    ],
  },
});

/** Its kinds are its own: other tests share this run's control plane. */
async function ownControlPlane(...crds: readonly Pick<Named, "metadata">[]) {
  const prepare = async (kubeconfig: string): Promise<void> => {
    const client = connect({ kubeconfig });
    for (const crd of crds) await applyCrd(client, crd);
    await client.close();
  };
  const { kubeconfig, close } = await startControlPlane(process.env, { progress: () => {}, prepare });
  const client = connect({ kubeconfig });
  return {
    kubeconfig,
    client,
    cluster: (): Promise<KubeObject | undefined> => client.get(objectPath(resources.clusters, "default", "base")),
    applyCrd: (crd: Crd): Promise<void> => applyCrd(client, crd),
    apply: (resource: Resource, manifest: Named): Promise<KubeObject> =>
      client.apply(objectPath(resource, "default", manifest.metadata.name), manifest, {
        fieldManager: "test",
        force: true,
      }),
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await client.close();
      await close();
    },
  };
}

async function applyCrd(client: KubeClient, crd: Pick<Named, "metadata">): Promise<void> {
  const path = `${CRDS}/${crd.metadata.name}`;
  await client.apply(path, crd, { fieldManager: "test", force: true });
  await until(`${crd.metadata.name} established`, async () =>
    conditionOf(await client.get(path), "Established")?.status === "True" ? true : undefined,
  );
}
