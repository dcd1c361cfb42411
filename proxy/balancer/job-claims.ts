import type { JobOutcome } from "../contract/status.ts";
import type { CallerClaims } from "../engine-api/caller-claims.ts";

/** What a block is built on and for when: at most one job of it is live. */
export type Slot = {
  readonly parentHash: string;
  readonly timestamp: bigint;
  /** Its building began before this process did: another's job of it may have been forgotten. */
  readonly isBefore?: boolean;
};

/** A slot's live job, and who holds it. */
type Claim = { readonly jobId: string; readonly holder: CallerClaims };

/** As many jobs as a book keeps: two minutes of 2-second blocks. */
const SLOTS_KEPT = 64;

/** Which job of a slot is live. For one (parent, timestamp) there are never two, whoever asks in whatever order. */
export class JobClaims {
  readonly #slots = new Map<string, Claim>();
  readonly #counts: Record<JobOutcome, number> = { started: 0, shared: 0, replaced: 0, refused: 0 };

  /** Takes a caller's request for a job, and says what came of it. */
  claim(slot: Slot, jobId: string, caller: CallerClaims): JobOutcome {
    const key = `${slot.parentHash}/${slot.timestamp}`;
    const live = this.#slots.get(key);
    const outcome = outcomeOf(live, jobId, caller, slot);
    this.#counts[outcome] += 1;
    if (outcome !== "refused") this.#keep(key, claimAfter(live, jobId, caller));
    return outcome;
  }

  /** Whether that job is its slot's. */
  isLive(jobId: string): boolean {
    return [...this.#slots.values()].some((claim) => claim.jobId === jobId);
  }

  /**
   * Whether a caller may say how blocks are to be built: a confirmed leader, and one that is not known to follow unless the
   * newest job is another's that was confirmed. That a sequencer's op-conductor hangs takes no limit from its builders.
   */
  maySetLimits({ id, leadership }: CallerClaims): boolean {
    if (leadership !== "unknown") return leadership === "leader";
    const newest = [...this.#slots.values()].at(-1)?.holder;
    return newest?.leadership !== "leader" || (id !== undefined && id === newest.id);
  }

  /** Requests since the process began. */
  get counts(): Readonly<Record<JobOutcome, number>> {
    return { ...this.#counts };
  }

  #keep(key: string, claim: Claim): void {
    this.#slots.delete(key);
    this.#slots.set(key, claim);
    const oldest = this.#slots.keys().next();
    if (this.#slots.size > SLOTS_KEPT && oldest.done === false) this.#slots.delete(oldest.value);
  }
}

/**
 * The rule. The same job is shared. Its holder may replace it (op-node asks again with a new L1 origin), and so may a
 * confirmed leader whose predecessor was not confirmed. A sequencer that is known to follow gets no job; of a slot from
 * before this process only a confirmed leader does, and the others have their execution client's block once.
 */
function outcomeOf(
  live: Claim | undefined,
  jobId: string,
  caller: CallerClaims,
  { isBefore = false }: Slot,
): JobOutcome {
  if (caller.leadership === "follower") return "refused";
  if (live === undefined) return isBefore && caller.leadership !== "leader" ? "refused" : "started";
  if (live.jobId === jobId) return "shared";
  const isHolder = caller.id !== undefined && caller.id === live.holder.id;
  const isConfirmedOver = caller.leadership === "leader" && live.holder.leadership !== "leader";
  return isHolder || isConfirmedOver ? "replaced" : "refused";
}

/** Who shares a job becomes its holder only where it is confirmed and the holder is not. */
function claimAfter(live: Claim | undefined, jobId: string, caller: CallerClaims): Claim {
  const isShared = live?.jobId === jobId;
  return isShared && (live.holder.leadership === "leader" || caller.leadership !== "leader")
    ? live
    : { jobId, holder: caller };
}
