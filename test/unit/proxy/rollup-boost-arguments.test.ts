import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseArguments } from "../../../proxy/arguments.ts";
import { parseConfigFile } from "../../../proxy/contract/config-file.ts";
import { HELP } from "../../../proxy/help.ts";
import { rollupBoostOptions, variableOf } from "../../../proxy/rollup-boost-options.ts";

const HEX = "ab".repeat(32);
const SECRETS = ["--l2-jwt-path=/l2.hex", "--builder-jwt-path=/builder.hex"];

function run(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const parsed = parseArguments(argv, env);
  if (parsed.kind !== "run") throw new Error(parsed.kind === "wrong" ? parsed.problems.join("\n") : parsed.kind);
  const document = parseConfigFile(parsed.arguments.standIn?.document);
  if (document.kind !== "valid") throw new Error("no document");
  return { ...parsed, config: document.config };
}

function problems(argv: readonly string[], env: Readonly<Record<string, string>> = {}): readonly string[] {
  const parsed = parseArguments(argv, env);
  return parsed.kind === "wrong" ? parsed.problems : [];
}

test("the two secrets are enough, the rest has rollup-boost's defaults", () => {
  const { arguments: args, config, notes } = run(SECRETS);
  expect(args).toMatchObject({
    host: "127.0.0.1",
    enginePort: 8081,
    adminHost: "127.0.0.1",
    adminPort: 0,
    debugHost: "127.0.0.1",
    debugPort: 5555,
    stateDir: join(tmpdir(), "rollup-boost-proxy-8081"),
    drainSeconds: 10,
    logLevel: "info",
    standIn: {
      isStateDirForetold: true,
      secrets: { "l2.jwt": { kind: "file", path: "/l2.hex" }, "builder.jwt": { kind: "file", path: "/builder.hex" } },
    },
  });
  expect(args).not.toHaveProperty("rpcPort");
  expect(config).toMatchObject({
    executionMode: "enabled",
    executionClient: { url: "http://127.0.0.1:8551", rpcUrl: "http://127.0.0.1:8551" },
    builders: [{ name: "builder", url: "http://127.0.0.1:8551", forwardTransactions: true }],
    selection: { minGasUsedPercent: 0 },
    timing: { blockTimeMs: 2_000, builderDeadlineMs: 200, decisionDeadlineMs: 500 },
  });
  expect(notes).toEqual([]);
});

describe("each option, as flag and as variable", () => {
  test.each([
    ["l2-url", "http://el:1", { config: { executionClient: { url: "http://el:1", rpcUrl: "http://el:1" } } }],
    ["l2-url", "[::1]:8551", { config: { executionClient: { url: "http://[::1]:8551" } } }],
    ["builder-url", "https://builder.example", { config: { builders: [{ url: "https://builder.example" }] } }],
    ["builder-timeout", "300", { config: { timing: { builderDeadlineMs: 300, decisionDeadlineMs: 600 } } }],
    ["execution-mode", "dry-run", { config: { executionMode: "dry_run" } }],
    ["execution-mode", "disabled", { config: { executionMode: "disabled" } }],
    ["block-selection-policy", "gas-used", { config: { selection: { minGasUsedPercent: 10 } } }],
    ["rpc-host", "::", { arguments: { host: "::" } }],
    ["rpc-port", "9000", { arguments: { enginePort: 9_000, stateDir: join(tmpdir(), "rollup-boost-proxy-9000") } }],
    ["metrics-host", "0.0.0.0", { arguments: { adminHost: "0.0.0.0" } }],
    ["debug-server-port", "6000", { arguments: { debugPort: 6_000 } }],
    ["log-level", "DEBUG", { arguments: { logLevel: "debug" } }],
  ] as const)("%s %s", (name, value, expected) => {
    expect(run([...SECRETS, `--${name}=${value}`])).toMatchObject(expected);
    expect(run(SECRETS, { [variableOf(name)]: value })).toMatchObject(expected);
    expect(run([...SECRETS, `--${name}=${value}`], { [variableOf(name)]: "x" })).toMatchObject(expected);
  });

  test("metrics", () => {
    expect(run([...SECRETS, "--metrics", "--metrics-port=9091"]).arguments.adminPort).toBe(9_091);
    expect(run(SECRETS, { METRICS: "true" }).arguments.adminPort).toBe(9_090);
    expect(run(SECRETS, { METRICS: "false" }).arguments.adminPort).toBe(0);
  });

  test("secrets: the environment alone is enough, and a token counts before a path", () => {
    const { arguments: args } = run([], { L2_JWT_TOKEN: HEX, L2_JWT_PATH: "/l2", BUILDER_JWT_TOKEN: `0x${HEX}` });
    const secrets = Object.entries(args.standIn?.secrets ?? {}).map(([name, source]) => [
      name,
      source.kind === "token" && source.secret.export().toString("hex"),
    ]);
    expect(Object.fromEntries(secrets)).toEqual({ "l2.jwt": HEX, "builder.jwt": HEX });
    expect(JSON.stringify(args.standIn?.document)).not.toContain(HEX);
  });
});

test("what is taken and changes nothing is said", () => {
  const { notes } = run([...SECRETS, "--l2-timeout=500", "--ignore-unhealthy-builders", "--debug-host=0.0.0.0"]);
  expect(notes).toEqual([
    "--l2-timeout has no effect: op-node gets the execution client's answer whenever it comes",
    "--ignore-unhealthy-builders is always so: a builder that is silent is not waited for",
    expect.stringMatching(/^--debug-host is not on loopback: calls need the token in .*admin-token$/),
  ]);
});

test("a state folder that was chosen is not judged", () => {
  expect(run([...SECRETS, "--state-dir=/s"]).arguments).toMatchObject({
    stateDir: "/s",
    standIn: { isStateDirForetold: false },
  });
});

test("all of 127.0.0.0/8 is loopback: no token is asked there, and none is spoken of", () => {
  expect(run([...SECRETS, "--debug-host=127.0.0.2"]).notes).toEqual([]);
});

describe("wrong options", () => {
  test.each([
    ["no secret", ["--l2-url=http://el"], ["--l2-jwt-path or --l2-jwt-token is missing", "--builder-jwt-path or"]],
    ["a secret that is none", [...SECRETS, "--l2-jwt-token=hunter2"], ["--l2-jwt-token: not a JWT secret"]],
    [
      "all at once",
      [
        ...SECRETS,
        "--l2-url=ftp://x",
        "--builder-url=http://",
        "--rpc-port=x",
        "--execution-mode=on",
        "--metrics-port=0",
        "--log-level=loud",
        "--drain-seconds=x",
      ],
      [
        "--rpc-port: found",
        `--execution-mode: found "on", allowed: enabled, dry-run`,
        `--l2-url: found "ftp://x", allowed: an http:// or https:// URL`,
        "--builder-url: found",
        "--drain-seconds: found",
      ],
    ],
    [
      "a time that is too long",
      [...SECRETS, "--builder-timeout=9000"],
      ["--builder-timeout: found 9000, allowed: 8000 or less"],
    ],
    ["a policy", [...SECRETS, "--block-selection-policy=value"], ["--block-selection-policy: found"]],
    ["both kinds", [...SECRETS, "--config=c"], ["--builder-jwt-path cannot stand beside --config"]],
    ["a secret on the command line is not repeated", [`--l2-jwt-token=${HEX}x`], ["--l2-jwt-token: not"]],
  ])("%s", (_, argv, expected) => {
    const found = problems(argv).join("\n");
    for (const text of expected) expect(found).toContain(text);
    expect(found).not.toMatch(/hunter2|abab/);
  });

  test("what this proxy has not is named with what to do instead, all at once, flag or variable", () => {
    const unsupported = rollupBoostOptions.filter(([, { instead }]) => instead !== undefined);
    expect(unsupported.length).toBeGreaterThan(10);
    const flags = unsupported.map(([name, { type }]) => (type === "boolean" ? `--${name}` : `--${name}=1`));
    const expected = unsupported.map(([name, { instead }]) => `--${name}: ${instead}`);
    expect(problems([...SECRETS, ...flags])).toEqual(expected);
    const env = Object.fromEntries(unsupported.map(([name]) => [variableOf(name), "1"]));
    expect(problems(SECRETS, env)).toEqual(expected);
  });
});

test("a config document's command line does not hear rollup-boost's variables", () => {
  const own = ["--config=c", "--secrets-dir=s", "--state-dir=d"];
  expect(parseArguments(own, { L2_URL: "http://x", FLASHBLOCKS: "true" })).toMatchObject({
    arguments: { config: "c" },
  });
  expect(problems([], { METRICS: "true", LOG_LEVEL: "info" })).toContainEqual(
    expect.stringMatching(/^--config is missing: /),
  );
});

test("--help names every option of rollup-boost that is taken or refused, in 100 columns", () => {
  for (const [name, { instead }] of rollupBoostOptions) if (instead === undefined) expect(HELP).toContain(`--${name}`);
  expect(HELP.split("\n").filter((line) => line.length > 100)).toEqual([]);
});
