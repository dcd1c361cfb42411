import { spawn } from "node:child_process";
import { openSync, rmSync } from "node:fs";
import { createInterface } from "node:readline";
import type { SupervisedProgram } from "./supervisor.ts";

// The process behind `Supervisor`. Its input stays open as long as its owner lives: when that ends, even by SIGKILL,
// everything started here ends too, and the folder goes.
const folder = process.argv[2];
const groups = new Set<number>();
const groupOf = new Map<string, number>();

for await (const line of createInterface({ input: process.stdin })) {
  const program = JSON.parse(line) as SupervisedProgram | { readonly kill: string };
  if ("kill" in program) {
    const group = groupOf.get(program.kill);
    if (group !== undefined && groups.has(group)) process.kill(-group, "SIGKILL");
    continue;
  }
  const log = openSync(program.logFile, "a");
  const [command = "", ...args] = program.command;
  // A process group of its own, so that what it starts in turn ends with it.
  const child = spawn(command, args, {
    cwd: program.cwd,
    env: { ...process.env, ...program.env },
    stdio: ["ignore", log, log],
    detached: true,
  });
  const report = (exit: string): void => {
    if (child.pid !== undefined) groups.delete(child.pid);
    process.stdout.write(`${JSON.stringify({ name: program.name, exit })}\n`);
  };
  if (child.pid !== undefined) {
    groups.add(child.pid);
    groupOf.set(program.name, child.pid);
  }
  child.once("error", (error) => report(error.message));
  child.once("exit", (code, signal) => report(signal ?? `exit code ${code}`));
}

for (const group of groups) {
  try {
    process.kill(-group, "SIGKILL");
  } catch {
    // Ended in the meantime.
  }
}
if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
process.exit(0);
