import { expect, test } from "vitest";
import { resources } from "../../operator/kubernetes/resources.ts";
import { Raft, startConductor } from "../devnet/conductor.ts";
import { startExecutionClient } from "../devnet/execution-client.ts";
import { until } from "../devnet/until.ts";
import { startApiGateway } from "./kit/api-gateway.ts";
import { clusterManifest, JWT_SECRET, secretManifest, sequencerManifest } from "./kit/cluster-manifest.ts";
import { startKubelet } from "./kit/kubelet-stand-in.ts";
import { startOperator } from "./kit/operator-in-process.ts";
import { type TestSpace, testSpace } from "./kit/test-space.ts";

test("a cluster at rest is looked at every second and not written to", async () => {
  await using space = await testSpace();
  await using executionClient = await startExecutionClient({ name: "sequencer-0", jwtSecret: JWT_SECRET });
  await using conductor = await startConductor({ name: "sequencer-0", raft: new Raft(["sequencer-0"]) });
  await using gateway = await startApiGateway(space);
  await using _kubelet = startKubelet(space);
  await space.apply(secretManifest("engine-jwt", { "jwt.hex": JWT_SECRET }));
  const sequencer = {
    ...sequencerManifest("sequencer-0", executionClient),
    conductor: { url: conductor.url, raftServerId: "sequencer-0" },
  };
  const looks = (): number => conductor.calls("conductor_leader").length;
  const threeLooks = async (): Promise<void> => {
    const before = looks();
    await until("three looks", () => (looks() >= before + 3 ? true : undefined), 10_000);
  };
  {
    await using _operator = startOperator({ ...space, kubeconfig: gateway.kubeconfig });
    await space.apply(clusterManifest({ sequencers: [sequencer] }));
    await space.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "rbc/base");
    await threeLooks();
    const writes = gateway.writes.length;
    await threeLooks();
    expect(gateway.writes.slice(writes)).toEqual([]);
  }

  // A new operator does not know what the one before it wrote: it may say it again, but that moves nothing.
  const settled = await versions(space);
  expect(settled).toHaveLength(5);
  await using _next = startOperator(space);
  await threeLooks();
  expect(await versions(space)).toEqual(settled);
});

/** resourceVersion of the cluster and of every child. */
async function versions(space: TestSpace): Promise<readonly string[]> {
  const { clusters, deployments, services, configMaps, secrets } = resources;
  const lists = await Promise.all([clusters, deployments, services, configMaps, secrets].map(space.list));
  return lists
    .flat()
    .filter(({ metadata }) => metadata.name.startsWith("base"))
    .map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`);
}
