import { setTimeout as delay } from "node:timers/promises";

/** How often a state is looked at unless the caller says otherwise. */
const LOOK_EVERY_MS = 50;

export type WaitOptions = {
  readonly deadlineMs: number;
  readonly everyMs?: number;
  /** Looked at before every probe: what it returns is thrown, so that nobody waits for a program that has ended. */
  readonly failure?: () => Error | undefined;
};

/**
 * Resolves with the probe's first answer that is not `undefined`. A probe that throws has no answer yet.
 * Rejects after `deadlineMs` with what was waited for and the probe's last error.
 */
export async function waitUntil<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  options: WaitOptions,
): Promise<T> {
  const endMs = performance.now() + options.deadlineMs;
  let lastError: unknown;
  while (performance.now() < endMs) {
    const failure = options.failure?.();
    if (failure !== undefined) throw failure;
    try {
      const answer = await probe();
      if (answer !== undefined) return answer;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    await delay(options.everyMs ?? LOOK_EVERY_MS);
  }
  throw new Error(`waited ${options.deadlineMs} ms in vain: ${what}`, { cause: lastError });
}
