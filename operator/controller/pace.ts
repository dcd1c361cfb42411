import type { ClusterStatus } from "../api/cluster-status.ts";

/** After a write its effect is looked at soon: the next revision is read back, the status follows. */
const SOON_MS = 200;
/** What is not as it should be, and builders and Secrets, change without an event: this often they are looked at. */
const POLL_MS = 1_000;
/** Clusters that are as they should be share this many looks a second: hundreds of them cost no more than a few. */
const QUIET_LOOKS_PER_SECOND = 5;

/**
 * When to look at a cluster again although nothing calls for it. Specs, children and pods have events, and op-conductors
 * are asked on their own: nothing that must reach a proxy soon waits for this.
 */
export function nextLookMs(wrote: boolean, status: ClusterStatus, clusters: number): number {
  if (wrote) return SOON_MS;
  return isReady(status) ? Math.max(POLL_MS, (clusters * 1_000) / QUIET_LOOKS_PER_SECOND) : POLL_MS;
}

const isReady = ({ conditions }: ClusterStatus): boolean =>
  conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
