import type { Builder } from "./builder.ts";
import { byDeadline, type Clock } from "./clock.ts";
import type { AskedBuilder, BuilderJob } from "./payload-job/payload-job.ts";

/** A balancer answers an FCU before its builders do, so one that has not by then hangs: the next one gets the job too. */
const ANSWER_MS = 150;

/**
 * Balancers stand in one order that is the same for every proxy, and the first that answers has the job, so that one of
 * them sees all jobs. The next is asked at once when one cannot be reached, and after 150 ms when it hangs; one that was
 * silent before is asked last. An answer counts, also that the slot's job is another sequencer's. Each one's answer is kept
 * with the job, so whichever took it is asked for the payload; `not_needed`: one before it took it. A job that is not the
 * newest any more is given to no other: the builders behind have heard of what came after it.
 */
export function askFirst(
  balancers: readonly Builder[],
  start: (balancer: Builder) => Promise<BuilderJob>,
  { clock, isNewest }: { readonly clock: Clock; readonly isNewest: () => boolean },
): readonly AskedBuilder<Builder>[] {
  const startNext = (balancer: Builder, isTaken: boolean): Promise<BuilderJob> | BuilderJob => {
    if (isTaken) return NOT_NEEDED;
    return isNewest() ? start(balancer) : OVERTAKEN;
  };
  const answers = new Map<Builder, Promise<BuilderJob>>();
  let taken: Promise<boolean> | undefined;
  for (const balancer of inTurn(balancers)) {
    const answer = taken === undefined ? start(balancer) : taken.then((is) => startNext(balancer, is));
    answers.set(balancer, answer);
    taken = takes(answer, taken, clock);
  }
  return balancers.map((handle) => ({ handle, answer: answers.get(handle) ?? Promise.resolve(NOT_NEEDED) }));
}

/**
 * The balancers that hear FCUs without attributes: the one that would get a job now, and those that were silent, as their
 * answer is what brings them back. Its head is the same, so the builders behind hear nothing new of it.
 */
export const headBalancers = (balancers: readonly Builder[]): readonly Builder[] => {
  const [first] = inTurn(balancers);
  return balancers.filter((balancer) => balancer === first || isSilent(balancer));
};

/** Tells the first balancer that takes it, in their order: what it hears goes to all builders behind it. */
export async function tellFirst(
  balancers: readonly Builder[],
  tell: (balancer: Builder) => Promise<boolean>,
): Promise<void> {
  for (const balancer of inTurn(balancers)) if (await tell(balancer)) return;
}

const inTurn = (balancers: readonly Builder[]): readonly Builder[] => [
  ...balancers.filter((balancer) => !isSilent(balancer)),
  ...balancers.filter(isSilent),
];

const isSilent = ({ health }: Builder): boolean => health.state === "silent";

const NOT_NEEDED: BuilderJob = { kind: "not_building", reason: "not_needed", detail: undefined };

const OVERTAKEN: BuilderJob = {
  kind: "not_building",
  reason: "builder_late",
  detail: "a newer FCU came before this balancer was asked",
  isDropped: true,
};

/** Whether this balancer, or one before it, has the job, or nobody shall have it any more. */
async function takes(
  answer: Promise<BuilderJob>,
  before: Promise<boolean> | undefined,
  clock: Clock,
): Promise<boolean> {
  if ((await before) === true) return true;
  const job = await byDeadline(clock, { atMs: clock.monotonicMs() + ANSWER_MS }, answer, undefined);
  if (job === undefined) return false;
  return job.kind === "building" || job.reason === "builder_declined" || job.isDropped === true;
}
