/** Whether the execution client can be used, as `/healthz` and `/status` say it. */
export type ExecutionClientHealth = {
  readonly usable: boolean;
  /** Milliseconds since 1970: since when it is so. */
  readonly sinceMs: number;
  readonly lastAnswerMs: number | undefined;
  readonly reason: string | undefined;
};

/** A new leader that answers 503 keeps leadership and makes no block (C-11): say it only when it is certain. */
export const UNUSABLE_AFTER_MS = 2_000;

/** Usable until it has been silent for two seconds: a proxy and its execution client may start together. */
export const startingExecutionClient = (nowMs: number): ExecutionClientHealth => ({
  usable: true,
  sinceMs: nowMs,
  lastAnswerMs: undefined,
  reason: "not asked yet",
});

/** The health after an answer (`problem` undefined) or the lack of one. */
export function executionClientHealthAfter(
  health: ExecutionClientHealth,
  problem: string | undefined,
  nowMs: number,
): ExecutionClientHealth {
  if (problem === undefined) {
    return { usable: true, sinceMs: health.usable ? health.sinceMs : nowMs, lastAnswerMs: nowMs, reason: undefined };
  }
  const silentForMs = nowMs - (health.lastAnswerMs ?? health.sinceMs);
  const usable = health.usable && silentForMs < UNUSABLE_AFTER_MS;
  return {
    usable,
    sinceMs: usable === health.usable ? health.sinceMs : nowMs,
    lastAnswerMs: health.lastAnswerMs,
    reason: problem,
  };
}
