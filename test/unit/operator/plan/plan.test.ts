import { expect, test } from "vitest";
import { childNameOf } from "../../../../operator/api/names.ts";
import { plan } from "../../../../operator/plan/plan.ts";
import { cluster } from "../kit/cluster.ts";
import { empty, OPTIONS, settled } from "../kit/observed.ts";

test("the plan of a new cluster, as JSON", async () => {
  const planned = plan(cluster(), empty(cluster()), OPTIONS);
  await expect(`${JSON.stringify(planned, undefined, 2)}\n`).toMatchFileSnapshot("./plan-of-a-new-cluster.json.snap");
});

test("same cluster, same observation: the same plan", () => {
  expect(plan(cluster(), settled(cluster()), OPTIONS)).toEqual(plan(cluster(), settled(cluster()), OPTIONS));
});

test("no secret can be in a plan: all it gets of one is name, key and form", () => {
  const { secrets } = empty(cluster());
  expect(secrets.map((secret) => Object.keys(secret))).toEqual([
    ["ref", "form"],
    ["ref", "form"],
  ]);
  expect(JSON.stringify(plan(cluster(), empty(cluster()), OPTIONS))).not.toMatch(/[0-9a-f]{32}/i);
});

test("a config change, the shut-off and a leader change leave every Deployment and Service as it is", () => {
  const podsOf = (wanted = cluster(), observed = settled(cluster())) =>
    plan(wanted, observed, OPTIONS).manifests.filter(({ kind }) => kind !== "ConfigMap");
  const off = cluster({
    executionMode: "disabled",
    builders: cluster().spec.builders.map((builder) => ({ ...builder, url: "http://elsewhere:1" })),
  });
  const moved = settled(cluster(), { "sequencer-0": { leader: "follower" }, "sequencer-1": { leader: "leader" } });
  expect(podsOf(off, moved)).toEqual(podsOf());
});

test("an image in the spec comes before the operator's own, an empty one does not", () => {
  const imageOf = (image: string) => {
    const deployment = plan(cluster({ proxy: { image } }), empty(cluster()), OPTIONS).manifests.find(
      ({ kind }) => kind === "Deployment",
    );
    return JSON.stringify(deployment).match(/"image":"([^"]+)"/)?.[1];
  };
  expect(imageOf("mirror/proxy@sha256:1")).toBe("mirror/proxy@sha256:1");
  expect(imageOf("")).toBe(OPTIONS.proxyImage);
});

test("the longest names still make a child name that is a DNS label", () => {
  expect(childNameOf("a".repeat(30), "b".repeat(30)).length).toBeLessThanOrEqual(63);
});
