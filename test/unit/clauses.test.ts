import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** Whom a clause of the engine contract binds: the proxy, or else why no test of the proxy can show it. */
type Bound = "proxy" | "operator" | "op-node" | "upstream" | "network" | "chain";

const CLAUSES: Readonly<Record<string, Bound>> = {
  "E-1": "proxy",
  "E-2": "proxy",
  "E-3": "proxy",
  "E-4": "proxy",
  "E-5": "proxy",
  "E-6": "proxy",
  "E-7": "proxy",
  "E-8": "proxy",
  "E-9": "proxy",
  "E-10": "op-node",
  "E-11": "upstream",
  "E-12": "proxy",
  "E-13": "proxy",
  "E-14": "proxy",
  "E-15": "proxy",
  "E-16": "proxy",
  "E-17": "proxy",
  "E-18": "proxy",
  "E-19": "proxy",
  "E-20": "proxy",
  "V-1": "proxy",
  "V-2": "proxy",
  "V-3": "proxy",
  "V-4": "proxy",
  "V-5": "proxy",
  "V-6": "proxy",
  "V-7": "proxy",
  "V-8": "proxy",
  "V-9": "proxy",
  "V-10": "proxy",
  "V-11": "proxy",
  "V-12": "proxy",
  "V-13": "proxy",
  "V-14": "proxy",
  "V-15": "proxy",
  "V-16": "proxy",
  "V-17": "proxy",
  "V-20": "op-node",
  "V-21": "op-node",
  "V-22": "op-node",
  "V-23": "op-node",
  "V-24": "network",
  "F-1": "proxy",
  "F-2": "proxy",
  "F-3": "proxy",
  "F-4": "proxy",
  "F-5": "proxy",
  "F-6": "proxy",
  "F-7": "proxy",
  "F-8": "proxy",
  "F-9": "proxy",
  "F-10": "proxy",
  "F-11": "proxy",
  "F-12": "proxy",
  "F-13": "chain",
  "F-14": "proxy",
  "F-15": "proxy",
  "F-16": "proxy",
  "F-17": "proxy",
  "F-18": "upstream",
};

/** The clauses in the tests of the proxy; those of the simulated clients show nothing of it. */
const cited = new Set(
  execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "test/scenarios", "test/unit/proxy"], {
    encoding: "utf8",
  })
    .split("\n")
    .filter((file) => file.endsWith(".test.ts"))
    .flatMap((file) => readFileSync(file, "utf8").match(/\b[EVF]-\d+\b/g) ?? []),
);

test("each clause that binds the proxy is cited by a test of it", () => {
  const missing = Object.entries(CLAUSES).filter(([clause, bound]) => bound === "proxy" && !cited.has(clause));
  expect(missing).toEqual([]);
});

test("no test cites a clause that there is not", () => {
  expect([...cited].filter((clause) => CLAUSES[clause] === undefined)).toEqual([]);
});
