/** Stops what was going to happen. Calling it twice, or after it happened, does nothing. */
type Cancel = () => void;

/** Time as an argument, so that a test can turn it. */
export type Clock = {
  /** Milliseconds since 1970, UTC: for what people read and for comparing with a block's timestamp. */
  readonly nowMs: () => number;
  /** Milliseconds that never jump: for deadlines and durations. */
  readonly monotonicMs: () => number;
  /** Runs `run` once, `ms` from now. */
  readonly after: (ms: number, run: () => void) => Cancel;
};

/** An instant of the monotonic clock: made once, handed down. */
export type Deadline = { readonly atMs: number };

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, Math.max(0, ms));
    return () => clearTimeout(timer);
  },
};

/** What `promise` gives, or `late` once the deadline has passed. The promise goes on: whoever made it ends it. */
export function byDeadline<T, L>(clock: Clock, deadline: Deadline, promise: Promise<T>, late: L): Promise<T | L> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(deadline.atMs - clock.monotonicMs(), () => resolve(late));
    promise.then(
      (value) => {
        cancel();
        resolve(value);
      },
      (error) => {
        cancel();
        reject(error);
      },
    );
  });
}
