import { expect, test } from "vitest";
import { clusterManifest, sequencerManifest } from "./kit/cluster-manifest.ts";
import { startOneSequencer } from "./kit/one-sequencer.ts";
import { testSpace } from "./kit/test-space.ts";

const COLUMNS_MAX = 120;

test("a new object says that nobody has looked at it yet: nothing takes it for done", async () => {
  await using space = await testSpace();
  const created = await space.apply(clusterManifest());
  expect(created.status).toEqual({ observedGeneration: -1 });
});

test("kubectl wait takes a Ready of this generation and refuses one of an older", async () => {
  await using world = await startOneSequencer();
  const { space } = world;
  await space.apply(world.manifest());
  await world.ready();
  const cluster = await world.cluster();
  expect(cluster?.status).toMatchObject({ observedGeneration: cluster?.metadata.generation });

  await world.stopOperator();
  await space.kubectl("patch", "rbc/base", "--type=merge", "-p", '{"spec":{"timing":{"blockTimeMs":1000}}}');
  const refused = space.kubectl("wait", "--for=condition=Ready", "--timeout=2s", "rbc/base");
  await expect(refused).rejects.toThrow("timed out waiting for the condition");
});

test("kubectl get says it in 120 columns, -o wide too, with names as people have them", async () => {
  await using world = await startOneSequencer();
  const { space } = world;
  await space.apply(world.manifest());
  const sequencers = ["op-sequencer-0", "op-sequencer-1", "op-sequencer-2"].map((name) => sequencerManifest(name));
  await space.apply(clusterManifest({ sequencers, executionMode: "disabled" }, "base-mainnet"));
  await space.apply(clusterManifest({ sequencers: sequencers.slice(0, 1) }, "unichain-sepolia-testnet"));
  await world.ready();
  for (const name of ["base-mainnet", "unichain-sepolia-testnet"]) {
    await space.kubectl("wait", "--for=jsonpath={.status.summary.proxies}", "--timeout=20s", `rbc/${name}`);
  }
  const plain = await space.kubectl("get", "rbc");
  const wide = await space.kubectl("get", "rbc", "-o", "wide");
  for (const line of `${plain}${wide}`.split("\n")) expect(line.length, line).toBeLessThanOrEqual(COLUMNS_MAX);
  expect(wide.split("\n")[0]?.trim().split(/\s+/)).toEqual([
    "NAME",
    "TOPOLOGY",
    "READY",
    "LEADER",
    "PROXIES",
    "BUILDERS",
    "MODE",
    "AGE",
    "REASON",
  ]);
  expect(wide).toMatch(/base-mainnet +OneToOne +(True|False) +\d\/3 +0\/0 +disabled +\S+ +\w+/);
  expect(wide).toMatch(/base +OneToOne +True +1\/1 +0\/1 +enabled +\S+ +AllProxiesReady/);
});

test("kubectl describe tells the story: what is wrong, what to do, which proxy, which builder", async () => {
  await using world = await startOneSequencer();
  const { space } = world;
  await space.apply(world.manifest());
  await world.ready();
  const story = await space.kubectl("describe", "rbc/base");
  for (const part of [
    "every proxy (1) serves and runs the desired config",
    "no sequencer has a conductor in the spec",
    "spec.executionMode is enabled: builders are asked",
    "Confirmed Revision",
    "Proxy Available",
    "Wired To",
  ]) {
    expect(story).toContain(part);
  }
  await space.kubectl("delete", "secret/engine-jwt");
  await space.kubectl("patch", "rbc/base", "--type=json", "-p", WRONG_KEY);
  await world.condition("Stalled", "SecretMissing");
  expect(await space.kubectl("describe", "rbc/base")).toContain("create it, with the JWT secret under key other.hex");
});

const WRONG_KEY = JSON.stringify([{ op: "replace", path: "/spec/builders/0/jwtSecretRef/key", value: "other.hex" }]);
