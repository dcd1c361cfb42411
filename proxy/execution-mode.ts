import type { AdminHandKeeper } from "./admin-hand.ts";
import type { ExecutionMode } from "./contract/config-file.ts";
import type { ExecutionModeAnswer } from "./contract/execution-mode.ts";

/** The stricter the higher. */
const STRICTNESS: Readonly<Record<ExecutionMode, number>> = { enabled: 0, dry_run: 1, disabled: 2 };

/**
 * The mode that counts: two hands can close it, the config and the admin API, and each opens only its own. A hand that was
 * never used (undefined) holds nothing.
 */
export const stricterMode = (hand: ExecutionMode, other: ExecutionMode | undefined): ExecutionMode =>
  other !== undefined && STRICTNESS[other] > STRICTNESS[hand] ? other : hand;

/** What counts now, what each hand holds, and what a restart would forget. */
export function executionModesOf(
  config: { readonly executionMode: ExecutionMode; readonly notKept: string | undefined },
  admin: Pick<AdminHandKeeper, "hand" | "notKept">,
): ExecutionModeAnswer {
  const { hand } = admin;
  const notKept = admin.notKept ?? config.notKept;
  return {
    effective: stricterMode(config.executionMode, hand?.mode),
    config: config.executionMode,
    ...(hand === undefined ? {} : { admin: hand }),
    ...(notKept === undefined ? {} : { notKept }),
  };
}
