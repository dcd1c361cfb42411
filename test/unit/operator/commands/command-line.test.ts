import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { rollupBoostClusterCrd } from "../../../../operator/api/crd.ts";
import { HELP } from "../../../../operator/help.ts";
import { VERSION } from "../../../../operator/version.ts";
import { manifest } from "../kit/cluster.ts";

const MAIN = join(import.meta.dirname, "../../../../operator/main.ts");
const DEADLINE_MS = 20_000;

type Ended = { readonly exitCode: number; readonly stdout: string; readonly stderr: string };

/** Runs the real command to its end. */
const command = (args: readonly string[], input = ""): Promise<Ended> =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], { timeout: DEADLINE_MS }, (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr });
    });
    child.stdin?.end(input);
  });

test("validate: 0 and one line when all is valid, 1 and every problem when not", async () => {
  const good = await command(["validate", "-"], stringify(manifest()));
  expect(good).toEqual({ exitCode: 0, stdout: "1 RollupBoostCluster and 0 Secrets valid in 1 file\n", stderr: "" });

  const bad = await command(["validate", "-"], stringify(manifest({ topology: "Ring", executionmode: "disabled" })));
  expect(bad).toMatchObject({ exitCode: 1, stdout: "" });
  expect(bad.stderr.trim().split("\n")).toEqual([
    expect.stringMatching(/^stdin:\d+: spec\.topology: found "Ring", allowed: "OneToOne"$/),
    expect.stringMatching(/^stdin:\d+: spec\.executionmode: found this field, allowed: no such field$/),
    "2 problems in 1 file",
  ]);
}, 60_000);

test("explain: 0 and a table without a cluster, 2 when the manifest is wrong", async () => {
  const { exitCode, stdout } = await command(["explain", "-"], stringify(manifest()));
  expect(exitCode).toBe(0);
  expect(stdout).toContain("http://base-sepolia-sequencer-0.op-stack:8551");
  expect(await command(["explain", "-"], stringify(manifest({ topology: "Ring" })))).toMatchObject({
    exitCode: 2,
    stdout: "",
    stderr: expect.stringContaining("spec.topology"),
  });
}, 60_000);

test("crd: prints what the API server takes", async () => {
  const { exitCode, stdout } = await command(["crd"]);
  expect(exitCode).toBe(0);
  expect(parse(stdout)).toEqual(JSON.parse(JSON.stringify(rollupBoostClusterCrd)));
}, 60_000);

test("help of each command and the version go to standard output with 0, wrong arguments to standard error with 2", async () => {
  const topics = Object.keys(HELP).filter((topic) => topic !== "");
  const helps = await Promise.all(topics.map((topic) => command([topic, "--help"])));
  for (const [index, topic] of topics.entries()) {
    expect(helps[index]).toMatchObject({ exitCode: 0, stderr: "" });
    expect(helps[index]?.stdout).toContain(`Usage: rollup-boost-operator ${topic}`);
  }
  expect(await command(["--version"])).toEqual({ exitCode: 0, stdout: `${VERSION}\n`, stderr: "" });
  expect(await command(["validate"])).toMatchObject({
    exitCode: 2,
    stdout: "",
    stderr: expect.stringContaining("FILE"),
  });
}, 60_000);
