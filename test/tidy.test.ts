import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

/** Git's files and those it does not ignore: what a reader of the repository sees. */
const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => file !== "" && existsSync(file));

const source = files.filter((file) => /^(operator|proxy|test)\/.*\.ts$/.test(file));
const product = source.filter((file) => !file.startsWith("test/"));

/** Words the vocabulary replaces (CONTRIBUTING.md). */
const REPLACED = [
  /\bl2Client\b/,
  /\bforkChoice/,
  /\bkillSwitch\b/i,
  /\blocalNode\b/,
  /\bhandleRequest\b/,
  /\bbackendUrl\b/,
];

/** Above this a file is about more than one thing. */
const LINES_MAX = 250;

test("no file uses a word that the vocabulary replaces", () => {
  const found = source
    .filter((file) => file !== "test/tidy.test.ts")
    .filter((file) => REPLACED.some((word) => word.test(readFileSync(file, "utf8"))));
  expect(found).toEqual([]);
});

test("no source file is longer than one thing needs", () => {
  expect(source.filter((file) => readFileSync(file, "utf8").trimEnd().split("\n").length > LINES_MAX)).toEqual([]);
});

test("nothing is left open in the product, and nothing escapes the checker", () => {
  const escapes = /\b(TODO|FIXME|XXX|HACK)\b|\bas any\b|: any\b|@ts-(ignore|expect-error)/;
  expect(product.filter((file) => escapes.test(readFileSync(file, "utf8")))).toEqual([]);
});

test("no test is skipped or runs alone", () => {
  const partial = /\b(it|test|describe)\.(skip|todo|only|skipIf|runIf)\b/; // the pattern that is forbidden, and no test: this one always runs
  expect(source.filter((file) => file !== "test/tidy.test.ts" && partial.test(readFileSync(file, "utf8")))).toEqual([]);
});

test("the lockfile names no download address", () => {
  expect(readFileSync("package-lock.json", "utf8")).not.toMatch(/"resolved"/);
});
