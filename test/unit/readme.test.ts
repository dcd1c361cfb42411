import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseConfigFile } from "../../proxy/contract/config-file.ts";
import { FallbackReason } from "../../proxy/contract/status.ts";
import { Metrics } from "../../proxy/metrics.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

/** The first column of the table whose head begins so. */
const firstColumn = (head: string): string[] =>
  (readme.split(`| ${head} |`)[1] ?? "")
    .split("\n\n")[0]
    ?.split("\n")
    .flatMap((row) => /^\| `([a-z_]+)` \|/.exec(row)?.[1] ?? []) ?? [];

test("the README explains every fallback reason, and no other", () => {
  expect(firstColumn("fallback reason").toSorted()).toEqual([...FallbackReason.options].toSorted());
});

test("the README names every metric of the proxy's own, and no other", async () => {
  const names = (await new Metrics().registry.getMetricsAsJSON())
    .map(({ name }) => name)
    .filter((name) => name.startsWith("rollup_boost_"));
  expect(firstColumn("metric").toSorted()).toEqual(names.toSorted());
});

test("the README's config document of a proxy is one that a proxy takes, and knows every field of", () => {
  const document = /^```json\n([^`]*)^```$/m.exec(readme)?.[1] ?? "";
  expect(parseConfigFile(JSON.parse(document))).toMatchObject({ kind: "valid", unknownFields: [] });
});
