import type { Clock, Deadline } from "../clock.ts";

/**
 * Waits for many answers: until all that are waited for are there and `anyway`, which is waited for in any case, has come, or
 * `graceMs()` after the first that `isEnough`, and never beyond the deadline. What is not back then is `late` of that place;
 * the order is that of the asks. Neither an ask nor `anyway` may reject.
 */
export function gather<T>(
  asks: readonly Promise<T>[],
  {
    clock,
    deadline,
    graceMs,
    anyway,
    isWaitedFor,
    isEnough,
    late,
  }: {
    readonly clock: Clock;
    readonly deadline: Deadline;
    readonly graceMs: () => number;
    readonly anyway: Promise<unknown>;
    readonly isWaitedFor: (index: number) => boolean;
    readonly isEnough: (answer: T) => boolean;
    readonly late: (index: number) => T;
  },
): Promise<readonly T[]> {
  if (asks.length === 0) return Promise.resolve([]);
  return new Promise((resolve) => {
    const answers = new Map<number, T>();
    let isAnywayThere = false;
    let cancelGrace: (() => void) | undefined;
    let isFinished = false;
    const finish = (): void => {
      isFinished = true;
      cancelGrace?.();
      cancelDeadline();
      resolve(asks.map((_, index) => answers.get(index) ?? late(index)));
    };
    const cancelDeadline = clock.after(deadline.atMs - clock.monotonicMs(), finish);
    const finishIfAllAreThere = (): void => {
      const isMissing = (index: number): boolean => !answers.has(index);
      const isComplete = answers.size === asks.length;
      if (isComplete || (isAnywayThere && !asks.some((_, index) => isWaitedFor(index) && isMissing(index)))) finish();
    };
    asks.forEach((ask, index) => {
      void ask.then((answer) => {
        if (isFinished) return;
        answers.set(index, answer);
        if (cancelGrace === undefined && isEnough(answer)) cancelGrace = clock.after(graceMs(), finish);
        finishIfAllAreThere();
      });
    });
    void anyway.then(() => {
      isAnywayThere = true;
      finishIfAllAreThere();
    });
  });
}
