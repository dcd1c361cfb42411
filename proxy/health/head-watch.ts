import type { Clock } from "../clock.ts";

/** Builders are asked every block time, but not more often than this: the FCUs' answers say the rest. */
const HEAD_WATCH_INTERVAL_MIN_MS = 1_000;

/**
 * Runs `look` once every block time, or slower, until what it gives is called. FCU answers alone would not do: a builder
 * that other sequencers drive answers none of ours, and one that is ahead or on another branch answers VALID like any other.
 */
export function watchHeads(clock: Clock, blockTimeMs: () => number, look: () => void): () => void {
  let cancel = (): void => {};
  const next = (): void => {
    cancel = clock.after(Math.max(blockTimeMs(), HEAD_WATCH_INTERVAL_MIN_MS), () => {
      look();
      next();
    });
  };
  next();
  return () => cancel();
}
