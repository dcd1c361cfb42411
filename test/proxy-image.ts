import { readFileSync } from "node:fs";

const DOCKERFILE = new URL("../Dockerfile.proxy", import.meta.url);

/** What `Dockerfile.proxy` sets in the proxy's environment, so that what is measured is the process users run. */
export function imageEnvironment(): Readonly<Record<string, string>> {
  const settings = [...readFileSync(DOCKERFILE, "utf8").matchAll(/^ENV (.*)$/gm)].flatMap(([, line = ""]) =>
    line.split(" "),
  );
  return Object.fromEntries(settings.map((setting) => setting.split(/=(.*)/s).slice(0, 2)));
}

/** The options of Node that stand before the program in `Dockerfile.proxy`. */
export function imageNodeOptions(): readonly string[] {
  const [, entrypoint = "[]"] = /^ENTRYPOINT (.*)$/m.exec(readFileSync(DOCKERFILE, "utf8")) ?? [];
  return (JSON.parse(entrypoint) as readonly string[]).filter((argument) => argument.startsWith("--"));
}
