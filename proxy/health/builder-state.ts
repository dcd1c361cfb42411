import type { BuilderState } from "../contract/status.ts";

/** A builder's state with its cause, as `/status` shows it. */
export type BuilderHealth = {
  readonly state: BuilderState;
  /** Milliseconds since 1970. */
  readonly sinceMs: number;
  readonly reason: string | undefined;
};

/** One thing a builder did. */
export type BuilderSample =
  /** Took a forkchoice state or a block as VALID, or gave a payload. */
  | { readonly kind: "followed" }
  | { readonly kind: "syncing" }
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "no_answer"; readonly detail: string };

/** Before the first sample. */
export const unknownBuilder = (nowMs: number): BuilderHealth => ({
  state: "unknown",
  sinceMs: nowMs,
  reason: "not asked yet",
});

/** The state after one more sample. The newest sample decides; `since` moves only when the state does. */
export function builderHealthAfter(health: BuilderHealth, sample: BuilderSample, nowMs: number): BuilderHealth {
  const { state, reason } = verdict(sample);
  return { state, reason, sinceMs: state === health.state ? health.sinceMs : nowMs };
}

function verdict(sample: BuilderSample): { readonly state: BuilderState; readonly reason: string | undefined } {
  switch (sample.kind) {
    case "followed":
      return { state: "healthy", reason: undefined };
    case "syncing":
      return { state: "lagging", reason: "answers SYNCING: it does not know the head yet" };
    case "refused":
      return { state: "lagging", reason: `answers with an error: ${sample.detail}` };
    case "no_answer":
      return { state: "silent", reason: `does not answer: ${sample.detail}` };
  }
}
