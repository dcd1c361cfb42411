import { readFileSync } from "node:fs";

/** What `Dockerfile.proxy` sets in the proxy's environment, so that a bench measures the process users run. */
export function imageEnvironment(): Readonly<Record<string, string>> {
  const file = readFileSync(new URL("../../Dockerfile.proxy", import.meta.url), "utf8");
  const settings = [...file.matchAll(/^ENV (.*)$/gm)].flatMap(([, line = ""]) => line.split(" "));
  return Object.fromEntries(settings.map((setting) => setting.split(/=(.*)/s).slice(0, 2)));
}
