/**
 * What `run` gives; its signal aborts after `ms` (a `TimeoutError`) and when `ended` does (its reason). Nothing is left behind:
 * the timer of an `AbortSignal.timeout` goes on after an answer, and makes an error for nobody at each request's deadline.
 */
export async function withDeadline<T>(
  ms: number,
  ended: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const end = (): void => controller.abort(ended?.reason);
  const timer = setTimeout(() => controller.abort(new DOMException(`not within ${ms} ms`, "TimeoutError")), ms);
  if (ended?.aborted === true) end();
  ended?.addEventListener("abort", end, { once: true });
  try {
    return await run(controller.signal);
  } finally {
    clearTimeout(timer);
    ended?.removeEventListener("abort", end);
  }
}
