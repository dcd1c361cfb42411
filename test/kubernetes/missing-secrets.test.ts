import { expect, test } from "vitest";
import { resources } from "../../operator/kubernetes/resources.ts";
import { startExecutionClient } from "../devnet/execution-client.ts";
import { until } from "../devnet/until.ts";
import { clusterManifest, JWT_SECRET, secretManifest, sequencerManifest } from "./kit/cluster-manifest.ts";
import { conditionOf } from "./kit/conditions.ts";
import { startKubelet } from "./kit/kubelet-stand-in.ts";
import { startOperator } from "./kit/operator-in-process.ts";
import { type TestSpace, testSpace } from "./kit/test-space.ts";

const CHILDREN = [resources.deployments, resources.services, resources.secrets];

test.concurrent("a missing JWT Secret is named in a condition, nothing is half-made, and when it appears the cluster goes on", async () => {
  await using space = await testSpace();
  await using executionClient = await startExecutionClient({ name: "sequencer-0", jwtSecret: JWT_SECRET });
  await using _kubelet = startKubelet(space);
  await using _operator = startOperator(space);
  await space.apply(clusterManifest({ sequencers: [sequencerManifest("sequencer-0", executionClient)] }));
  await space.kubectl("wait", "--for=condition=Stalled", "--timeout=30s", "rbc/base");
  expect(conditionOf(await space.get(resources.clusters, "base"), "Ready")).toMatchObject({
    status: "False",
    reason: "SecretMissing",
    message: expect.stringMatching(/Secret engine-jwt .* key jwt\.hex/),
  });
  expect(await childrenOf(space)).toEqual([]);

  await space.apply(secretManifest("engine-jwt", { "other.hex": JWT_SECRET }));
  await reasonIs(space, "SecretKeyMissing");
  expect(await childrenOf(space)).toEqual([]);

  await space.apply(secretManifest("engine-jwt", { "jwt.hex": JWT_SECRET }));
  await space.kubectl("wait", "--for=condition=Ready", "--timeout=30s", "rbc/base");
  expect(conditionOf(await space.get(resources.clusters, "base"), "Stalled")).toBeUndefined();
});

test.concurrent("a malformed JWT Secret is named, its bytes are shown nowhere", async () => {
  await using space = await testSpace();
  await using _operator = startOperator(space);
  const malformed = `${JWT_SECRET}77`;
  await space.apply(secretManifest("engine-jwt", { "jwt.hex": malformed }));
  await space.apply(clusterManifest());
  const message = await reasonIs(space, "SecretMalformed");
  expect(message).toContain("Secret engine-jwt, key jwt.hex");
  expect(message).toContain("64 hexadecimal characters");
  expect(JSON.stringify(await space.get(resources.clusters, "base"))).not.toContain(JWT_SECRET.slice(0, 16));
  expect(await childrenOf(space)).toEqual([]);
});

test.concurrent("the emergency shut-off is written while a JWT Secret is missing", async () => {
  await using space = await testSpace();
  await using _operator = startOperator(space);
  await space.apply(secretManifest("engine-jwt", { "jwt.hex": JWT_SECRET }));
  await space.apply(clusterManifest());
  await until("the config", () => space.get(resources.configMaps, "base-sequencer-0"), 10_000);

  await space.kubectl("delete", "secret/engine-jwt");
  await until(
    "the condition that says so",
    async () =>
      conditionOf(await space.get(resources.clusters, "base"), "SecretsValid")?.status === "False" ? true : undefined,
    30_000,
  );
  await space.kubectl("patch", "rbc/base", "--type=merge", "-p", '{"spec":{"executionMode":"disabled"}}');
  await until("the shut-off in the config", async () => {
    const configMap = await space.get(resources.configMaps, "base-sequencer-0");
    return JSON.stringify(configMap?.data).includes("disabled") ? true : undefined;
  });
});

/** Message of `Ready` once it has this reason. A Secret that was good is looked at every 10 s. */
const reasonIs = (space: TestSpace, reason: string): Promise<string> =>
  until(
    `Ready with reason ${reason}`,
    async () => {
      const ready = conditionOf(await space.get(resources.clusters, "base"), "Ready");
      return ready?.reason === reason ? ready.message : undefined;
    },
    30_000,
  );

async function childrenOf(space: TestSpace): Promise<readonly string[]> {
  const lists = await Promise.all(CHILDREN.map((resource) => space.list(resource)));
  return lists
    .flat()
    .map(({ metadata }) => metadata.name)
    .filter((name) => name.startsWith("base-"));
}
