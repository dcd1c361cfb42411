import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { imageNodeOptions } from "../proxy-image.ts";

test("the image's code is compiled under the options it runs with: V8 uses no code that was compiled under others", () => {
  const dockerfile = readFileSync("Dockerfile.proxy", "utf8");
  const [compiled, run] = ["RUN", "ENTRYPOINT"].map((word) =>
    JSON.parse(new RegExp(`^${word} (\\[.*proxy/main\\.ts.*\\])$`, "m").exec(dockerfile)?.[1] ?? "null"),
  );
  expect(compiled).toEqual([...run, "--version"]);
});

test("Node takes the image's options, by name and value", () => {
  expect(imageNodeOptions().length).toBeGreaterThan(0);
  expect(
    execFileSync(process.execPath, [...imageNodeOptions(), "--version"])
      .toString()
      .trim(),
  ).toBe(process.version);
});
