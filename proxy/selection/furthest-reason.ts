import type { FallbackReason } from "../contract/status.ts";

/** How far a builder's block came before it fell, the furthest first. */
const FURTHEST_FIRST: readonly FallbackReason[] = [
  "validation_late",
  "validation_failed",
  "validation_undecided",
  "validation_invalid",
  "nearly_empty",
  "repeated_block",
  "builder_benched",
  "attributes_mismatch",
  "builder_malformed",
  "builder_late",
  "builder_declined",
  "builder_refused",
  "builder_syncing",
  "builder_unreachable",
  "not_leader",
];

/** The one reason that stands for a block built locally though several builders were asked: the one that came furthest. */
export function furthest(
  outcomes: readonly {
    readonly outcome: FallbackReason | "chosen" | "not_needed";
    readonly detail: string | undefined;
  }[],
): { readonly reason: FallbackReason; readonly detail: string | undefined } {
  for (const reason of FURTHEST_FIRST) {
    const outcome = outcomes.find((candidate) => candidate.outcome === reason);
    if (outcome !== undefined) return { reason, detail: outcome.detail };
  }
  return { reason: "no_builder", detail: undefined };
}
