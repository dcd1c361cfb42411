import { rmSync } from "node:fs";
import { createInterface } from "node:readline";

/**
 * Ends the programs of a run whose own process can no longer do it: `node reaper.ts FOLDER`. It reads `+PID` and `-PID`,
 * a line each, and when its stdin closes, however its parent ended, it kills what is left and removes the folder.
 */
const folder = process.argv[2];
const pids = new Set<number>();

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => undefined);

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1));
  if (line.startsWith("+")) pids.add(pid);
  else pids.delete(pid);
}
for (const pid of pids) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
