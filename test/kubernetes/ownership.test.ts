import { expect, test } from "vitest";
import { resources } from "../../operator/kubernetes/resources.ts";
import { startExecutionClient } from "../devnet/execution-client.ts";
import { until } from "../devnet/until.ts";
import { clusterManifest, JWT_SECRET, secretManifest, sequencerManifest } from "./kit/cluster-manifest.ts";
import { conditionOf } from "./kit/conditions.ts";
import { startKubelet } from "./kit/kubelet-stand-in.ts";
import { startOperator } from "./kit/operator-in-process.ts";
import { testSpace } from "./kit/test-space.ts";

const FOREIGN = {
  Service: { spec: { selector: { app: "someone-else" }, ports: [{ port: 80 }] } },
  ConfigMap: { data: { "config.json": "{}" } },
  Secret: { stringData: { "admin-token": "not-ours" } },
};

test.concurrent.for(["Service", "ConfigMap", "Secret"] as const)(
  "a %s of a child's name that belongs to someone else is never taken over; a condition names it",
  async (kind) => {
    await using space = await testSpace();
    const manifest = { apiVersion: "v1", kind, metadata: { name: "base-sequencer-0" }, ...FOREIGN[kind] };
    const resource = { apiVersion: "v1", kind, plural: `${kind.toLowerCase()}s` };
    await space.apply(manifest);
    const foreign = await space.get(resource, "base-sequencer-0");
    await space.apply(secretManifest("engine-jwt", { "jwt.hex": JWT_SECRET }));
    await using executionClient = await startExecutionClient({ name: "sequencer-0", jwtSecret: JWT_SECRET });
    await using _kubelet = startKubelet(space);
    await using _operator = startOperator(space);

    await space.apply(clusterManifest({ sequencers: [sequencerManifest("sequencer-0", executionClient)] }));
    await space.kubectl("wait", "--for=condition=Stalled", "--timeout=30s", "rbc/base");
    const cluster = await space.get(resources.clusters, "base");
    expect(conditionOf(cluster, "Ready")).toMatchObject({ status: "False", reason: "ChildTaken" });
    expect(conditionOf(cluster, "Stalled")?.message).toContain(`${kind} base-sequencer-0`);
    expect(await space.get(resource, "base-sequencer-0")).toEqual(foreign);
    expect(await space.list(resources.deployments)).toEqual([]);

    await space.kubectl("delete", kind, "base-sequencer-0");
    await space.kubectl("wait", "--for=condition=Ready", "--timeout=30s", "rbc/base");
  },
);

test.concurrent("a cluster that can no longer be read is Stalled with what is wrong, and its children stay as they are", async () => {
  await using space = await testSpace();
  await space.apply(secretManifest("engine-jwt", { "jwt.hex": JWT_SECRET }));
  await using _operator = startOperator(space);
  await space.apply(clusterManifest());
  const service = await until("the Service", () => space.get(resources.services, "base-sequencer-0"), 10_000);
  const configMap = await space.get(resources.configMaps, "base-sequencer-0");

  // 65535 is the last port; to the schema of the API server it is a URL like any other.
  const url = "http://op-geth:85510";
  const patch = [{ op: "replace", path: "/spec/sequencers/0/executionClient/url", value: url }];
  await space.kubectl("patch", "rbc/base", "--type=json", "-p", JSON.stringify(patch));
  await space.kubectl("wait", "--for=condition=Stalled", "--timeout=30s", "rbc/base");
  const cluster = await space.get(resources.clusters, "base");
  expect(conditionOf(cluster, "Stalled")).toMatchObject({
    reason: "InvalidSpec",
    message: expect.stringContaining("spec.sequencers[0].executionClient.url"),
  });
  expect(await space.get(resources.services, "base-sequencer-0")).toEqual(service);
  expect(await space.get(resources.configMaps, "base-sequencer-0")).toEqual(configMap);
});
