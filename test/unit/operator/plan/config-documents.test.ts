import { expect, test } from "vitest";
import { plan } from "../../../../operator/plan/plan.ts";
import { parseConfigFile } from "../../../../proxy/contract/config-file.ts";
import { cluster } from "../kit/cluster.ts";
import { empty, OPTIONS, proxy, settled } from "../kit/observed.ts";

const configOf = (name: string, wanted = cluster(), observed = settled(cluster())) =>
  plan(wanted, observed, OPTIONS).configs.find((config) => config.sequencer === name);

const first = () => {
  const document = configOf("sequencer-0")?.document;
  if (document === undefined) throw new Error("no config was planned");
  return document;
};

test("OneToOne: every proxy has the builder its sequencer is paired with, in a document the proxy takes", () => {
  const { configs } = plan(cluster(), empty(cluster()), OPTIONS);
  expect(configs.map(({ document }) => document.builders.map((builder) => builder.name))).toEqual([
    ["builder-0"],
    ["builder-1"],
  ]);
  for (const { document } of configs)
    expect(parseConfigFile(document)).toMatchObject({ kind: "valid", unknownFields: [] });
});

test("a sequencer without a pairing has no builder, and a proxy all the same (C-19)", () => {
  const [sequencer] = cluster().spec.sequencers;
  const alone = cluster({ sequencers: [{ ...sequencer, builder: undefined }] });
  expect(plan(alone, empty(alone), OPTIONS).configs).toMatchObject([{ document: { builders: [] } }]);
});

test("deadlines follow the block time unless they are set", () => {
  const timing = (given: object) => configOf("sequencer-0", cluster({ timing: given }))?.document.timing;
  expect(timing({})).toEqual({ blockTimeMs: 2_000, builderDeadlineMs: 200, decisionDeadlineMs: 500, graceMs: 30 });
  expect(timing({ blockTimeMs: 1_000, builderDeadlineMs: 80 })).toMatchObject({
    builderDeadlineMs: 80,
    decisionDeadlineMs: 250,
  });
  expect(timing({ blockTimeMs: 60_000 })).toMatchObject({ builderDeadlineMs: 6_000, decisionDeadlineMs: 8_000 });
});

test("a new cluster begins at revision 1, and nothing new means no new revision", () => {
  expect(plan(cluster(), empty(cluster()), OPTIONS).configs).toMatchObject([
    { document: { revision: 1 }, changed: true },
    { document: { revision: 1 }, changed: true },
  ]);
  expect(configOf("sequencer-0")).toMatchObject({ document: { revision: 1 }, changed: false });
});

test("the shut-off is a new revision for every proxy", () => {
  expect(plan(cluster({ executionMode: "disabled" }), settled(cluster()), OPTIONS).configs).toMatchObject([
    { document: { revision: 2, executionMode: "disabled" }, changed: true },
    { document: { revision: 2, executionMode: "disabled" }, changed: true },
  ]);
});

test("a change of one sequencer leaves the others' revision", () => {
  const [sequencer, other] = cluster().spec.sequencers;
  const moved = cluster({ sequencers: [sequencer, { ...other, builder: undefined }] });
  expect(plan(moved, settled(cluster()), OPTIONS).configs.map(({ changed }) => changed)).toEqual([false, true]);
});

test("a revision rises above what any proxy runs, surging and terminating ones too", () => {
  const old = { ...proxy(first(), { revision: 7 }), ready: false };
  const observed = settled(cluster(), { "sequencer-0": { proxies: [proxy(first()), old] } });
  expect(configOf("sequencer-0", cluster(), observed)).toMatchObject({ document: { revision: 8 }, changed: true });
});

test("a lost ConfigMap starts above what the proxy runs", () => {
  const observed = settled(cluster(), {
    "sequencer-0": { written: undefined, proxies: [proxy(first(), { revision: 4 })] },
  });
  expect(configOf("sequencer-0", cluster(), observed)).toMatchObject({ document: { revision: 5 }, changed: true });
});

test("a lost ConfigMap whose proxy does not answer starts above what the last status says", () => {
  const lost = settled(cluster(), { "sequencer-0": { written: undefined, proxies: [] } });
  const row = {
    name: "sequencer-0",
    leader: "leader" as const,
    proxyAvailable: true,
    desiredRevision: 7,
    builders: [],
  };
  const observed = { ...lost, previousStatus: { sequencers: [row] } };
  expect(configOf("sequencer-0", cluster(), observed)).toMatchObject({ document: { revision: 8 }, changed: true });
});

test("a proxy that runs other content of the same revision is overtaken by the next one", () => {
  const observed = settled(cluster(), { "sequencer-0": { proxies: [{ ...proxy(first()), conflict: true }] } });
  expect(configOf("sequencer-0", cluster(), observed)).toMatchObject({ document: { revision: 2 }, changed: true });
});
