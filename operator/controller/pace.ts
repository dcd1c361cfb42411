import type { ClusterStatus } from "../api/cluster-status.ts";
import type { HandleResult } from "./work-queue.ts";

/** After a write its effect is looked at soon: the next revision is read back, the status follows. */
const SOON_MS = 200;
/** What is not as it should be, and builders and Secrets, change without an event: this often they are looked at. */
const POLL_MS = 1_000;
/** Clusters that are as they should be share this many looks a second: hundreds of them cost no more than a few. */
const QUIET_LOOKS_PER_SECOND = 5;

/**
 * When to look at a cluster again although nothing calls for it. Specs, children and pods have events, op-conductors and
 * Secrets are asked on their own: nothing that must reach a proxy soon waits for this. `random`, in [0, 1), spreads the looks
 * of clusters that all became ready at once.
 */
export function nextLook(wrote: boolean, status: ClusterStatus, clusters: number, random: () => number): HandleResult {
  if (wrote) return { requeueAfterMs: SOON_MS };
  const quietMs = (clusters * 1_000) / QUIET_LOOKS_PER_SECOND;
  if (!isReady(status) || quietMs <= POLL_MS) return { requeueAfterMs: POLL_MS };
  return { requeueAfterMs: Math.max(POLL_MS, quietMs * (0.5 + random())), canWait: true };
}

const isReady = ({ conditions }: ClusterStatus): boolean =>
  conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
