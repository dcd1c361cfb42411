import { describe, expect, test } from "vitest";
import {
  defaultTiming,
  parseBalancerConfig,
  parseConfigFile,
  parseEitherConfig,
} from "../../../../proxy/contract/config-file.ts";
import { problemText } from "../../../../proxy/contract/problems.ts";
import { documentOf } from "../kit/document.ts";

const problemsOf = (document: unknown): readonly string[] => {
  const parsed = parseConfigFile(document);
  return parsed.kind === "invalid" ? parsed.problems.map(problemText) : [];
};

test("a good document is taken as it is", () => {
  expect(parseConfigFile(documentOf())).toEqual({ kind: "valid", config: documentOf(), unknownFields: [] });
});

test("every problem is named at once, with its path, what was found and what is allowed", () => {
  const document = {
    ...documentOf(),
    schemaVersion: 2,
    revision: 1.5,
    cluster: "Base",
    sequencer: undefined,
    role: "balancer",
    executionMode: "off",
    executionClient: { url: "ws://op-geth:8551", rpcUrl: 8545, jwtSecretFile: "/etc/passwd" },
    builders: [{ name: "", url: "http://rbuilder:8551", jwtSecretFile: "../jwt" }],
    timing: { blockTimeMs: 99, builderDeadlineMs: 5, decisionDeadlineMs: 9_000 },
  };
  const problems = problemsOf(document);
  expect(problems).toEqual([
    "schemaVersion: found 2, allowed: 1",
    "revision: found 1.5, allowed: a whole number",
    `cluster: found "Base", allowed: lower-case letters, digits and '-', first a letter, at most 30`,
    "sequencer: found nothing, allowed: a string",
    `role: found "balancer", allowed: "sequencer"`,
    `executionMode: found "off", allowed: "enabled" or "dry_run" or "disabled"`,
    `executionClient.url: found "ws://op-geth:8551", allowed: an http:// or https:// URL`,
    "executionClient.rpcUrl: found 8545, allowed: a string",
    `executionClient.jwtSecretFile: found "/etc/passwd", allowed: a file name in the secrets folder, without '/'`,
    `builders[0].name: found "", allowed: lower-case letters, digits and '-', first a letter, at most 30`,
    `builders[0].jwtSecretFile: found "../jwt", allowed: a file name in the secrets folder, without '/'`,
    "timing.blockTimeMs: found 99, allowed: 100 or more",
    "timing.builderDeadlineMs: found 5, allowed: 10 or more",
    "timing.decisionDeadlineMs: found 9000, allowed: 8000 or less",
  ]);
});

describe("no document", () => {
  test.each([[null], [undefined], [7], ["text"], [[documentOf()]]])("%j", (document) => {
    expect(problemsOf(document)).toHaveLength(1);
    expect(problemsOf(document)[0]).toMatch(/^\(document\): found .*, allowed: an object$/);
  });
});

test("deadlines that cross are refused at the later one", () => {
  const timing = { blockTimeMs: 2_000, builderDeadlineMs: 500, decisionDeadlineMs: 500, graceMs: 30 };
  expect(problemsOf(documentOf({ timing }))).toEqual([
    "timing.decisionDeadlineMs: found 500, allowed: more than builderDeadlineMs: validation comes after the builder's answer",
  ]);
});

test("a secret where its file's name belongs is refused and not repeated, wherever it stands", () => {
  const secret = "5ec2e7".padEnd(64, "0");
  const executionClient = { ...documentOf().executionClient, jwtSecretFile: secret };
  const problems = problemsOf(
    documentOf({ executionClient, cluster: `0x${secret}`, inboundJwtSecretFile: ` ${secret}\n` }),
  );
  expect(problems).toContain(
    "executionClient.jwtSecretFile: found 64 hex characters, not shown, allowed: the name of a file in the secrets folder that holds the secret",
  );
  expect([...new Set(problems.map((problem) => problem.split(":")[0]))]).toEqual([
    "cluster",
    "executionClient.jwtSecretFile",
    "inboundJwtSecretFile",
  ]);
  expect(problems.join("\n")).not.toContain("5ec2e7");
});

test("seventeen builders are one too many", () => {
  const builders = Array.from({ length: 17 }, (_, index) => ({
    name: `builder-${index}`,
    url: "http://rbuilder:8551",
    jwtSecretFile: "b.jwt",
    forwardTransactions: true,
  }));
  expect(problemsOf(documentOf({ builders }))).toEqual(["builders: found a list of 17, allowed: at most 16 entries"]);
});

test("two builders of one name are refused", () => {
  const builder = { name: "rbuilder", url: "http://rbuilder:8551", jwtSecretFile: "b.jwt", forwardTransactions: true };
  expect(problemsOf(documentOf({ builders: [builder, builder] }))).toEqual([
    "builders: found a list of 2, allowed: builders with different names",
  ]);
});

describe("credentials in a URL are refused and not repeated", () => {
  test.each([
    "http://user:hunter2@rbuilder:8551",
    "http://hunter2@rbuilder:8551",
    "http://user:hunter2@hunter2@rbuilder:8551",
    "http:user:hunter2@rbuilder:8551",
    "http:\\\\user:hunter2@rbuilder:8551",
    "https://user:hunter2/x@rbuilder:8551",
    "ftp://user:hunter2@rbuilder",
    "http://user:hunter2?@rbuilder:8551",
  ])("%s", (url) => {
    const builders = [{ name: "rbuilder", url, jwtSecretFile: "b.jwt", forwardTransactions: true }];
    const problems = problemsOf(documentOf({ builders }));
    expect(problems[0]).toMatch(/^builders\[0\]\.url: found /);
    expect(problems.join("\n")).not.toContain("hunter2");
  });
});

test("what is found is repeated only in part", () => {
  const [problem] = problemsOf(documentOf({ cluster: "x".repeat(5_000) }));
  expect(problem?.length).toBeLessThan(300);
});

test("fields of a newer operator are reported and kept out", () => {
  const document = {
    ...documentOf(),
    flashblocks: { enabled: true },
    builders: [{ name: "rbuilder", url: "http://rbuilder:8551", jwtSecretFile: "b.jwt", weight: 3 }],
  };
  const parsed = parseConfigFile(document);
  expect(parsed.kind === "valid" && parsed.unknownFields).toEqual(["builders[0].weight", "flashblocks"]);
  expect(parsed.kind === "valid" && parsed.config).not.toHaveProperty("flashblocks");
});

test("a key that is a word of the language is an unknown field as any other", () => {
  const document: unknown = JSON.parse(`{"__proto__":{"x":1},"constructor":1,${JSON.stringify(documentOf()).slice(1)}`);
  const parsed = parseConfigFile(document);
  expect(parsed.kind === "valid" && [...parsed.unknownFields].sort()).toEqual(["__proto__", "constructor"]);
});

test("deadlines follow the block time: builder 10 %, decision 25 %", () => {
  expect(defaultTiming(2_000)).toEqual({
    blockTimeMs: 2_000,
    builderDeadlineMs: 200,
    decisionDeadlineMs: 500,
    graceMs: 30,
  });
  expect(parseConfigFile(documentOf({ timing: defaultTiming(100) })).kind).toBe("valid");
  expect(parseConfigFile(documentOf({ timing: defaultTiming(30_000) })).kind).toBe("valid");
});

describe("a balancer's document", () => {
  const { executionClient: _, driving: __, ...common } = documentOf();
  const document = { ...common, sequencer: "balancer-0", role: "balancer", inboundJwtSecretFile: "balancer.jwt" };

  test("has no execution client and no conductor, and its own secret", () => {
    expect(parseBalancerConfig(document)).toEqual({ kind: "valid", config: document, unknownFields: [] });
    expect(parseEitherConfig(document)).toEqual(parseBalancerConfig(document));
  });

  test("without a secret of its own is refused: there is no execution client's to take", () => {
    const { inboundJwtSecretFile: _secret, ...without } = document;
    expect(parseEitherConfig(without)).toMatchObject({
      problems: [{ path: "inboundJwtSecretFile", found: "nothing" }],
    });
  });

  test("is none for a sequencer's proxy, and the other way round", () => {
    expect(parseConfigFile(document)).toMatchObject({ kind: "invalid" });
    expect(parseBalancerConfig(documentOf())).toMatchObject({ kind: "invalid" });
    expect(parseEitherConfig(documentOf())).toEqual(parseConfigFile(documentOf()));
  });

  test.each([["router"], [undefined], [7]])("role %j: both are named", (role) => {
    expect(parseEitherConfig({ ...documentOf(), role })).toMatchObject({
      problems: [{ path: "role", allowed: '"sequencer" or "balancer"' }],
    });
  });
});
