import { expect, test } from "vitest";
import { withDeadline } from "../../../../operator/kubernetes/with-deadline.ts";

const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason));
  });

test("what is done in time is given, and its signal never aborts", async () => {
  const end = new AbortController();
  const signal = await withDeadline(60_000, end.signal, async (own) => own);
  end.abort();
  expect(signal.aborted).toBe(false);
});

test("what is late ends with a TimeoutError", async () => {
  await expect(withDeadline(1, undefined, untilAborted)).rejects.toMatchObject({ name: "TimeoutError" });
});

test("whoever ends it gives the reason, also before it began", async () => {
  const end = new AbortController();
  const work = withDeadline(60_000, end.signal, untilAborted);
  end.abort(new Error("no longer the lease holder"));
  await expect(work).rejects.toThrow("no longer the lease holder");
  await expect(withDeadline(60_000, end.signal, untilAborted)).rejects.toThrow("no longer the lease holder");
});
