import { describe, expect, test } from "vitest";
import { parseCluster } from "../../../../operator/api/parse-cluster.ts";
import { BROKEN_SPECS } from "../kit/broken-specs.ts";
import { cluster, manifest } from "../kit/cluster.ts";

const problemsOf = (spec: Readonly<Record<string, unknown>>, metadata = {}) => {
  const document = manifest(spec);
  const parsed = parseCluster({ ...document, metadata: { ...document.metadata, ...metadata } });
  return parsed.kind === "invalid" ? parsed.problems : [];
};

const [first, second] = manifest().spec.sequencers;

test("what is not said has its default", () => {
  expect(cluster().spec).toMatchObject({ executionMode: "enabled", timing: { blockTimeMs: 2_000 }, proxy: {} });
  expect(cluster({ builders: undefined, sequencers: [{ ...first, builder: undefined }] }).spec.builders).toEqual([]);
});

test("metadata we do not know stays, fields of the spec we do not know are dropped and named", () => {
  const document = manifest({ executionmode: "disabled", sequencers: [{ ...first, buidler: "x" }] });
  const parsed = parseCluster({ ...document, metadata: { ...document.metadata, labels: { team: "a" } } });
  expect(parsed.unknownFields).toEqual(["spec.sequencers[0].buidler", "spec.executionmode"]);
  expect(parsed).toMatchObject({ kind: "valid", cluster: { metadata: { labels: { team: "a" } } } });
});

describe("what crosses fields", () => {
  test.each(BROKEN_SPECS)("$what is refused", ({ spec, path, message }) => {
    expect(problemsOf(spec)).toEqual([expect.objectContaining({ path, allowed: message })]);
  });

  test("a rule speaks although something else is wrong too, and all is said at once", () => {
    const sequencers = [
      { ...first, name: "balancer", executionClient: { url: "ftp://x" } },
      { ...second, builder: 7 },
    ];
    const paths = problemsOf({ topology: "Ring", sequencers }).map((problem) => problem.path);
    expect(paths).toEqual([
      "spec.topology",
      "spec.sequencers[0].executionClient.url",
      "spec.sequencers[0].executionClient.rpcUrl",
      "spec.sequencers[0].executionClient.jwtSecretRef",
      "spec.sequencers[1].builder",
      "spec.sequencers[0].name",
    ]);
  });
});

test("a name of more than 30 characters is refused, so that <cluster>-<sequencer> fits a DNS label", () => {
  expect(problemsOf({}, { name: "a".repeat(31) })).toMatchObject([{ path: "metadata.name" }]);
  expect(problemsOf({}, { name: "a".repeat(30) })).toEqual([]);
  expect(problemsOf({}, { name: "3c" })).toMatchObject([{ path: "metadata.name" }]);
});

test("a URL with a user name is refused, and its password is not repeated", () => {
  const executionClient = { ...first?.executionClient, url: "http://user:hunter2@geth:8551" };
  const problems = problemsOf({ sequencers: [{ ...first, executionClient }] });
  expect(problems).toMatchObject([{ path: "spec.sequencers[0].executionClient.url" }]);
  expect(JSON.stringify(problems)).not.toContain("hunter2");
});

test.each([undefined, null, 7, "text", [], {}])("%j is refused, without an exception", (document) => {
  expect(parseCluster(document)).toMatchObject({ kind: "invalid" });
});

test("long block times keep their deadlines within what op-node waits for", () => {
  expect(problemsOf({ timing: { blockTimeMs: 60_000 } })).toEqual([]);
});
