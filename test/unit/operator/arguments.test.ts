import { expect, test } from "vitest";
import { HELP, parseArguments } from "../../../operator/arguments.ts";

const parse = (text: string, env = {}) => parseArguments(text === "" ? [] : text.split(" "), env);

test("without a command, or asked for it: help that names every option", () => {
  for (const text of ["", "--help", "-h", "run --help", "standalone -f x --help"])
    expect(parse(text).kind).toBe("help");
  for (const option of [
    "kubeconfig",
    "namespace",
    "proxy-image",
    "file",
    "spawn",
    "base-port",
    "secrets-dir",
    "state-dir",
    "exit-with-parent",
    "log-format",
    "log-level",
    "version",
  ]) {
    expect(HELP).toContain(`--${option}`);
  }
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

test.each([
  ["walk", ['found "walk", allowed: run or standalone']],
  [
    "standalone --base-port 80 --log-format xml",
    [
      "--file is missing: name a YAML file with -f",
      '--base-port: found "80", allowed: 1024 to 60000',
      '--log-format: found "xml", allowed: text, json',
    ],
  ],
  ["run --log-level loud", ['--log-level: found "loud", allowed: trace, debug, info, warn, error, fatal, silent']],
])("%s is refused with every problem", (text, problems) => {
  expect(parse(text)).toEqual({ kind: "wrong", problems });
});

test("an unknown option is refused by name", () => {
  expect(parse("run --spwan")).toMatchObject({ kind: "wrong", problems: [expect.stringContaining("--spwan")] });
});
