import { setTimeout as timer } from "node:timers/promises";

/** Time and chance, as arguments. */
export type Clock = {
  /** Milliseconds since any fixed moment; never goes back. */
  monotonicMs(): number;
  /** Milliseconds since the epoch. */
  wallMs(): number;
  /** In [0, 1). */
  random(): number;
  /** Resolves after `ms`, or at once when aborted. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
};

/** The machine's clock. */
export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  random: () => Math.random(),
  sleep: (ms, signal) =>
    timer(ms, undefined, { signal }).then(
      () => undefined,
      () => undefined,
    ),
};

export type BackoffBounds = { readonly firstMs: number; readonly maxMs: number };

/** How long to wait after so many failures in a row: doubling, bounded, between half of it and all of it by chance. */
export function backoffMs(failures: number, bounds: BackoffBounds, random: () => number): number {
  const full = Math.min(bounds.maxMs, bounds.firstMs * 2 ** Math.max(0, failures - 1));
  return full * (0.5 + random() / 2);
}
