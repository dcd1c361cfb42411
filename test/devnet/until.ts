import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 20;

/** It ends as soon as it is so; only a failure takes as long, and a busy machine is no failure. */
const WITHIN_MS_DEFAULT = 20_000;

/** Polls until `read` answers something; rejects with what was waited for when the deadline is over. */
export async function until<T>(
  what: string,
  read: () => T | undefined | Promise<T | undefined>,
  withinMs = WITHIN_MS_DEFAULT,
  signal?: AbortSignal,
): Promise<T> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const value = await read();
    if (value !== undefined) return value;
    if (performance.now() > untilMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await sleep(POLL_MS, undefined, signal === undefined ? {} : { signal });
  }
}
