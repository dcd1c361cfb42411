import { describe, expect, test } from "vitest";
import { OWN_OPTION_NAMES, parseArguments as parse } from "../../../proxy/arguments.ts";
import { HELP } from "../../../proxy/help.ts";
import { ROLLUP_BOOST_OPTIONS } from "../../../proxy/rollup-boost-options.ts";

const parseArguments = (argv: readonly string[]) => parse(argv, {});

const REQUIRED = ["--config", "c.json", "--secrets-dir", "s", "--state-dir", "d"];

test("the required folders are enough, the rest has defaults", () => {
  expect(parseArguments(REQUIRED)).toEqual({
    kind: "run",
    arguments: {
      config: "c.json",
      secretsDir: "s",
      stateDir: "d",
      host: "0.0.0.0",
      enginePort: 8551,
      rpcPort: 8545,
      adminPort: 8080,
      debugHost: "127.0.0.1",
      debugPort: 5555,
      drainSeconds: 10,
      logLevel: "info",
      exitWithParent: false,
    },
    notes: [],
  });
});

test("every argument in both spellings", () => {
  const parsed = parseArguments([
    ...REQUIRED,
    "--host=::1",
    "--engine-port",
    "0",
    "--rpc-port=1",
    "--admin-port=65535",
    "--drain-seconds=0",
    "--log-level=debug",
    "--exit-with-parent",
  ]);
  expect(parsed).toMatchObject({
    arguments: {
      host: "::1",
      enginePort: 0,
      rpcPort: 1,
      adminPort: 65_535,
      drainSeconds: 0,
      logLevel: "debug",
      exitWithParent: true,
    },
  });
});

describe("wrong arguments", () => {
  test.each([
    [
      [],
      [
        "--config is missing: the file of the config document, or give rollup-boost's options instead",
        "--secrets-dir is missing: the folder of the JWT secrets that the document names",
        "--state-dir is missing: a folder this proxy may write to",
      ],
    ],
    [
      ["--config=", "--secrets-dir=s", "--state-dir=d"],
      ["--config is missing: the file of the config document, or give rollup-boost's options instead"],
    ],
    [
      [
        ...REQUIRED,
        "--engine-port=x",
        "--rpc-port=65536",
        "--admin-port=-1",
        "--drain-seconds=1.5",
        "--log-level=loud",
      ],
      [
        `--engine-port: found "x", allowed: a whole number from 0 to 65535`,
        `--rpc-port: found "65536", allowed: a whole number from 0 to 65535`,
        `--admin-port: found "-1", allowed: a whole number from 0 to 65535`,
        `--drain-seconds: found "1.5", allowed: a whole number from 0 to 3600`,
        `--log-level: found "loud", allowed: trace, debug, info, warn, error, fatal, silent`,
      ],
    ],
  ])("%j", (argv, problems) => {
    expect(parseArguments(argv)).toEqual({ kind: "wrong", problems });
  });

  test.each([
    [["--l2-url=http://x"], "--l2-url"],
    [["here.json"], "here.json"],
    [["--engine-port"], "--engine-port"],
  ])("%j is named", (argv, name) => {
    const parsed = parseArguments([...REQUIRED, ...argv]);
    expect(parsed.kind === "wrong" && parsed.problems.join("\n")).toContain(name);
  });
});

test.each([
  [["--help"], "help"],
  [["-h"], "help"],
  [["--version"], "version"],
])("%j needs nothing else", (argv, kind) => {
  expect(parseArguments(argv).kind).toBe(kind);
});

test("--help names every option, and no other", () => {
  for (const name of OWN_OPTION_NAMES) expect(HELP).toMatch(new RegExp(`^  (-h, )?--${name}\\b`, "m"));
  for (const [, name = ""] of HELP.matchAll(/--([a-z][a-z0-9-]*)/g)) {
    // `--l2` is op-node's.
    expect(["l2", ...OWN_OPTION_NAMES, ...Object.keys(ROLLUP_BOOST_OPTIONS)]).toContain(name);
  }
});
