import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "../devnet/until.ts";
import { imageNodeOptions } from "../proxy-image.ts";

const MAIN = fileURLToPath(new URL("../../proxy/main.ts", import.meta.url));

/** How a process ended, and what it wrote. */
export type Ended = {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
};

/** The proxy as a child process, with the options of Node it has in its image; killed with the test. */
export function spawnProxy(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [...imageNodeOptions(), MAIN, ...args], {
    stdio: ["pipe", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    ended,
    signal: (signal: NodeJS.Signals) => child.kill(signal),
    /** Ends its standard input, as when its parent has died. */
    closeInput: () => child.stdin.end(),
    [Symbol.asyncDispose]: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** The arguments of a proxy for the folders of a world, on ports of its own. */
export const argumentsFor = (dir: string, stateDir = "state-of-the-process"): readonly string[] => [
  `--config=${join(dir, "mounted.json")}`,
  `--secrets-dir=${dir}`,
  `--state-dir=${join(dir, stateDir)}`,
  "--host=127.0.0.1",
  "--engine-port=0",
  "--rpc-port=0",
  "--admin-port=0",
  "--debug-port=0",
];

/** The ports it wrote once all were open. */
export const listening = (dir: string, stateDir = "state-of-the-process") =>
  until(
    "listening.json",
    async () => {
      const text = await readFile(join(dir, stateDir, "listening.json"), "utf8").catch(() => undefined);
      return text === undefined
        ? undefined
        : (JSON.parse(text) as { readonly engine: number; readonly rpc: number; readonly admin: number });
    },
    25_000,
  );
