import { expect, test } from "vitest";
import { OPTIONS, parseArguments } from "../../../operator/arguments.ts";
import { HELP } from "../../../operator/help.ts";

const parse = (text: string, env = {}) => parseArguments(text === "" ? [] : text.split(" "), env);

test("without a command, or asked for it: the help of the command that was named", () => {
  for (const text of ["", "--help", "-h"]) expect(parse(text)).toEqual({ kind: "help", topic: "" });
  for (const topic of ["run", "standalone", "validate", "explain", "crd"]) {
    expect(parse(`${topic} --help`)).toEqual({ kind: "help", topic });
    expect(HELP[""]).toContain(`  ${topic} `);
  }
});

test.each([
  ["run", OPTIONS.run],
  ["standalone", OPTIONS.standalone],
  ["validate", OPTIONS.validate],
  ["explain", OPTIONS.explain],
] as const)("the help of %s names every option", (topic, options) => {
  for (const option of Object.keys(options)) {
    if (option === "version") expect(HELP[""]).toContain("--version");
    else expect(HELP[topic]).toContain(`--${option}`);
  }
});

test("validate and explain take files, folders and -", () => {
  expect(parse("validate a.yaml clusters -")).toEqual({ kind: "validate", paths: ["a.yaml", "clusters", "-"] });
  expect(parse("explain a.yaml -o json")).toEqual({ kind: "explain", paths: ["a.yaml"], output: "json" });
  expect(parse("explain a.yaml")).toMatchObject({ output: "text" });
  expect(parse("crd")).toEqual({ kind: "crd" });
});

test("standalone has its defaults", () => {
  expect(parse("standalone -f a.yaml -f b.yaml", { XDG_STATE_HOME: "/state" })).toEqual({
    kind: "standalone",
    arguments: {
      files: ["a.yaml", "b.yaml"],
      secretsDir: undefined,
      stateDir: "/state/rollup-boost-operator",
      spawn: false,
      basePort: 18_551,
      exitWithParent: false,
      logLevel: "info",
      logFormat: "text",
    },
  });
});

test("run takes several namespaces; none means all", () => {
  expect(parse("run -n a --namespace b")).toMatchObject({ kind: "run", arguments: { namespaces: ["a", "b"] } });
  expect(parse("run")).toMatchObject({ arguments: { namespaces: [], kubeconfig: undefined, proxyImage: undefined } });
});

test("run elects a leader unless told otherwise, and takes no times that cannot work", () => {
  expect(parse("run")).toMatchObject({
    arguments: {
      leader: { name: "rollup-boost-operator", durationMs: 15_000, renewDeadlineMs: 10_000, retryMs: 2_000 },
    },
  });
  expect(parse("run --no-leader-elect")).toMatchObject({ arguments: { leader: undefined } });
  expect(parse("run --lease-seconds 8")).toEqual({
    kind: "wrong",
    problems: ['--renew-seconds: found "10", allowed: above 0 and below --lease-seconds'],
  });
  expect(parse("run --retry-seconds 9")).toMatchObject({ kind: "wrong" });
});

test.each([
  ["walk", ['found "walk", allowed: run, standalone, validate, explain, crd']],
  [
    "standalone --base-port 80 --log-format xml",
    [
      "--file is missing: name a YAML file with -f",
      '--base-port: found "80", allowed: 1024 to 60000',
      '--log-format: found "xml", allowed: text, json',
    ],
  ],
  [
    "explain -o xml",
    [
      "FILE is missing: name a manifest file, a folder, or - for standard input",
      '--output: found "xml", allowed: text, json',
    ],
  ],
  ["run --health-port none", ['--health-port: found "none", allowed: 0 (any free one) to 65535']],
  ["run --log-level loud", ['--log-level: found "loud", allowed: trace, debug, info, warn, error, fatal, silent']],
])("%s is refused with every problem", (text, problems) => {
  expect(parse(text)).toEqual({ kind: "wrong", problems });
});

test("an unknown option is refused by name", () => {
  expect(parse("run --spwan")).toMatchObject({ kind: "wrong", problems: [expect.stringContaining("--spwan")] });
});
