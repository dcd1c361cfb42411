import { expect, test } from "vitest";
import { stringify } from "yaml";
import { parseManifests } from "../../../../operator/standalone/manifests.ts";
import { manifest } from "../kit/cluster.ts";

const SECRET = "a".repeat(64);
const clusterYaml = stringify(manifest());
const secretYaml = stringify({ kind: "Secret", metadata: { name: "engine-jwt" }, stringData: { "jwt.hex": SECRET } });

const parse = (text: string, spawn = true) => parseManifests([{ path: "cluster.yaml", text }], { spawn });
const problemsOf = (text: string, spawn = true) => {
  const parsed = parse(text, spawn);
  return parsed.kind === "invalid" ? parsed.problems : [];
};

test("clusters and Secrets are read from one file; other kinds are passed over", () => {
  const other = "kind: Namespace\nmetadata: { name: op-stack }\n";
  expect(parse([secretYaml, other, clusterYaml, ""].join("---\n"))).toMatchObject({
    kind: "valid",
    manifests: {
      clusters: [{ metadata: { name: "base-sepolia" } }],
      secrets: [{ name: "engine-jwt", values: { "jwt.hex": SECRET } }],
    },
  });
});

test("data of a Secret is base64, stringData wins", () => {
  const data = {
    "jwt.hex": Buffer.from("from data").toString("base64"),
    other: Buffer.from("other").toString("base64"),
  };
  const secret = { kind: "Secret", metadata: { name: "s" }, data, stringData: { "jwt.hex": "from stringData" } };
  expect(parse(`${clusterYaml}---\n${stringify(secret)}`)).toMatchObject({
    manifests: { secrets: [{ values: { "jwt.hex": "from stringData", other: "other" } }] },
  });
});

test("every problem is said at once, with file, line and field; an unknown field is one", () => {
  const text = [
    "kind: RollupBoostCluster",
    "apiVersion: rollup-boost.dev/v1alpha1",
    "metadata: { name: devnet }",
    "spec:",
    "  topology: Ring",
    "  executionmode: disabled",
    "  sequencers:",
    "    - name: sequencer-0",
    "      executionClient:",
    "        url: ftp://geth",
    "        jwtSecretRef: { name: engine-jwt, key: jwt.hex }",
    "      builder: nobody",
  ].join("\n");
  expect(problemsOf(`# a comment\n---\n${text}`)).toEqual([
    'cluster.yaml:7: spec.topology: found "Ring", allowed: "OneToOne"',
    'cluster.yaml:12: spec.sequencers[0].executionClient.url: found "ftp://geth", allowed: an http:// or https:// URL',
    "cluster.yaml:11: spec.sequencers[0].executionClient.rpcUrl: found nothing, allowed: a string",
    `cluster.yaml:14: spec.sequencers[0].builder: found "nobody", allowed: a sequencer's builder must be the name of one of spec.builders`,
    "cluster.yaml:8: spec.executionmode: found this field, allowed: no such field",
  ]);
});

test("what is not YAML is said with its line, without its text", () => {
  const problems = problemsOf(`kind: Secret\nstringData: { jwt.hex: ${SECRET}\n`);
  expect(problems).toEqual([expect.stringMatching(/^cluster\.yaml:\d+: not YAML: /)]);
  expect(problems.join()).not.toContain(SECRET);
});

test("a secret that YAML reads as a number is refused with the remedy, not with its value", () => {
  const text = `kind: Secret\nmetadata: { name: s }\nstringData:\n  jwt.hex: 0x${"1".repeat(64)}\n`;
  const [problem] = problemsOf(text);
  expect(problem).toContain("put a value of digits or 0x... in quotes");
  expect(problem).not.toContain("1111");
});

test("without --spawn every sequencer says where its proxy runs", () => {
  expect(problemsOf(clusterYaml, false)).toEqual([
    expect.stringContaining(
      "spec.sequencers[0].proxy.url: found nothing, allowed: the admin URL of the sequencer's proxy",
    ),
    expect.stringContaining("spec.sequencers[1].proxy.url"),
  ]);
});

test("two clusters of one name, or none at all, are refused", () => {
  expect(problemsOf(`${clusterYaml}---\n${clusterYaml}`)).toEqual([expect.stringContaining("metadata.name")]);
  expect(problemsOf("kind: Namespace\n")).toEqual(["no document of kind RollupBoostCluster in cluster.yaml"]);
  expect(problemsOf("")).toEqual(["no document of kind RollupBoostCluster in cluster.yaml"]);
});
