import { setTimeout as wait } from "node:timers/promises";

/** Runs `step` again and again, each `intervalMs` after the one before ended, until `signal` aborts. `step` never rejects. */
export async function repeat(step: () => Promise<void>, intervalMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await step();
    await wait(intervalMs, undefined, { signal }).catch(() => undefined);
  }
}
