import { expect, test } from "vitest";
import { stringify } from "yaml";
import { explainFiles } from "../../../../operator/commands/explain-files.ts";
import { manifest } from "../kit/cluster.ts";
import { OPTIONS } from "../kit/observed.ts";

const JWT = "ab".repeat(32);

const found = (...documents: readonly object[]) => ({
  files: [{ path: "base.yaml", text: documents.map((document) => stringify(document)).join("---\n") }],
  problems: [],
  passedOver: 0,
});

const secretOf = (name: string, stringData: Readonly<Record<string, string>>) => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name, namespace: "op-stack" },
  stringData,
});

const json = (...documents: readonly object[]) =>
  JSON.parse(explainFiles(found(...documents), "json", OPTIONS).output)[0];

test("each sequencer has its --l2 URL and the builder it would be wired to", () => {
  const { sequencers, unwired } = json(
    manifest({ builders: [...manifest().spec.builders, { ...manifest().spec.builders[0], name: "spare" }] }),
  );
  expect(sequencers).toEqual([
    {
      name: "sequencer-0",
      engineUrl: "http://base-sepolia-sequencer-0.op-stack:8551",
      rpcUrl: "http://base-sepolia-sequencer-0.op-stack:8545",
      executionClient: "http://op-geth-0:8551",
      conductor: "http://op-conductor-0:8547",
      builders: [{ name: "builder-0", url: "http://builder-0:8551" }],
    },
    expect.objectContaining({ name: "sequencer-1", builders: [{ name: "builder-1", url: "http://builder-1:8551" }] }),
  ]);
  expect(unwired).toEqual(["spare"]);
});

test("every Secret is shown with its key, whose it is, and which document provides it", () => {
  const { secrets } = json(
    manifest(),
    secretOf("engine-jwt", { "jwt.hex": JWT }),
    secretOf("builder-jwt", { jwt: JWT }),
  );
  expect(secrets).toEqual([
    {
      ref: { name: "engine-jwt", key: "jwt.hex" },
      usedBy: ["sequencer-0", "sequencer-1"],
      form: "valid",
      place: expect.stringMatching(/^base\.yaml:\d+$/),
    },
    expect.objectContaining({ usedBy: ["builder-0", "builder-1"], form: "key_missing" }),
  ]);
});

test("what would be made is what the operator's plan makes, by kind and name", () => {
  const { children } = json(manifest());
  const names = ["base-sepolia-sequencer-0", "base-sepolia-sequencer-1"];
  for (const kind of ["ConfigMap", "Deployment", "Secret", "Service"]) expect(children).toContainEqual({ kind, names });
});

test("the text fits 120 columns and shows no secret", () => {
  const { output, exitCode } = explainFiles(
    found(manifest(), secretOf("engine-jwt", { "jwt.hex": JWT })),
    "text",
    OPTIONS,
  );
  expect(exitCode).toBe(0);
  expect(Math.max(...output.split("\n").map((line) => line.length))).toBeLessThanOrEqual(120);
  expect(output).not.toContain(JWT);
  expect(output).toContain("http://base-sepolia-sequencer-0.op-stack:8551");
  expect(output).toContain("no document here");
  expect(output).toMatch(/a builder's payload is waited for +200 +10 % of the block time/);
});

test("problems are said instead of an explanation, and so is that there is nothing to explain", () => {
  expect(explainFiles(found(manifest({ topology: "Ring" })), "text", OPTIONS)).toMatchObject({
    output: "",
    problems: [expect.stringContaining("spec.topology")],
    exitCode: 2,
  });
  expect(explainFiles(found({ kind: "Service" }), "text", OPTIONS)).toMatchObject({
    problems: ["no document of kind RollupBoostCluster in base.yaml"],
    exitCode: 2,
  });
});
