/** Whether the execution client can be used, as `/healthz` and `/status` say it. */
export type ExecutionClientHealth = {
  readonly usable: boolean;
  /** Milliseconds since 1970: since when it is so. */
  readonly sinceMs: number;
  readonly lastAnswerMs: number | undefined;
  readonly reason: string | undefined;
  /** Monotonic: its last answer, or the start. */
  readonly quietSinceMs: number;
  /** Failures since its last answer. */
  readonly failures: number;
  /** Monotonic: the first of the answers since its last failure. */
  readonly steadySinceMs: number | undefined;
};

/** One instant of both clocks: people read the one, durations are measured by the other, which never jumps. */
export type Moment = { readonly nowMs: number; readonly monotonicMs: number };

/** A new leader that answers 503 keeps leadership and makes no block (C-11): say it only when it is certain. */
export const UNUSABLE_AFTER_MS = 2_000;

/** A process that was stopped for seconds finds one call late, whatever the execution client did. */
const UNUSABLE_AFTER_FAILURES = 2;

/** Answers without a failure for so long, or op-conductor would see 200 and 503 in turn and move leadership each time. */
export const USABLE_AFTER_MS = 1_000;

/** Usable until it has been silent for two seconds: a proxy and its execution client may start together. */
export const startingExecutionClient = ({ nowMs, monotonicMs }: Moment): ExecutionClientHealth => ({
  usable: true,
  sinceMs: nowMs,
  lastAnswerMs: undefined,
  reason: "not asked yet",
  quietSinceMs: monotonicMs,
  failures: 0,
  steadySinceMs: undefined,
});

/** The health after an answer (`problem` undefined) or the lack of one. */
export function executionClientHealthAfter(
  health: ExecutionClientHealth,
  problem: string | undefined,
  { nowMs, monotonicMs }: Moment,
): ExecutionClientHealth {
  if (problem !== undefined) {
    const failures = health.failures + 1;
    const isGone = monotonicMs - health.quietSinceMs >= UNUSABLE_AFTER_MS && failures >= UNUSABLE_AFTER_FAILURES;
    const usable = health.usable && !isGone;
    const sinceMs = usable === health.usable ? health.sinceMs : nowMs;
    return { ...health, usable, sinceMs, reason: problem, failures, steadySinceMs: undefined };
  }
  const steadySinceMs = health.steadySinceMs ?? monotonicMs;
  const usable = health.usable || monotonicMs - steadySinceMs >= USABLE_AFTER_MS;
  return {
    usable,
    sinceMs: usable === health.usable ? health.sinceMs : nowMs,
    lastAnswerMs: nowMs,
    reason: usable ? undefined : `answers again, for less than ${USABLE_AFTER_MS} ms`,
    quietSinceMs: monotonicMs,
    failures: 0,
    steadySinceMs,
  };
}
