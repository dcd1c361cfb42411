import type { Clock } from "../clock.ts";
import type { BuilderState, Leadership } from "../contract/status.ts";

/** A state, since when it holds in milliseconds since 1970, and why. */
export type Stated<State> = {
  readonly state: State;
  readonly sinceMs: number;
  readonly reason?: string | undefined;
};

/** One change to be told. */
export type StateChange<State> = {
  readonly from: Stated<State>;
  readonly to: Stated<State>;
  /** Changes since the one told before; more than one where it changes faster than is told. */
  readonly changes: number;
};

/** Whose state changed. */
export type Observed =
  | { readonly subject: "execution_client"; readonly change: StateChange<"usable" | "unusable"> }
  | { readonly subject: "builder"; readonly name: string; readonly change: StateChange<BuilderState> }
  | { readonly subject: "leadership"; readonly change: StateChange<Leadership | "not_asked"> };

/** What was told of one state so far. */
type Told<State> = {
  readonly last: Stated<State>;
  readonly seen: State;
  readonly changes: number;
  /** Monotonic: when the last ones were told, oldest first. */
  readonly atMs: readonly number[];
};

/** So many changes of one state are told in a minute, each at once; then the newest, as soon as there is room. */
export const TOLD_MAX = 6;
export const TOLD_WINDOW_MS = 60_000;

/** Before the first change. */
const nothingTold = <State>(start: Stated<State>): Told<State> => ({
  last: start,
  seen: start.state,
  changes: 0,
  atMs: [],
});

/** What is told once the state is `now`, with the change where there is one to be told at this moment. */
function toldAfter<State>(
  told: Told<State>,
  now: Stated<State>,
  monotonicMs: number,
): { readonly told: Told<State>; readonly change?: StateChange<State> } {
  const changes = told.changes + (now.state === told.seen ? 0 : 1);
  const atMs = told.atMs.filter((each) => monotonicMs - each < TOLD_WINDOW_MS);
  if (now.state === told.last.state || atMs.length >= TOLD_MAX) {
    return { told: { last: told.last, seen: now.state, changes, atMs } };
  }
  return {
    told: { last: now, seen: now.state, changes: 0, atMs: [...atMs, monotonicMs] },
    change: { from: told.last, to: now, changes },
  };
}

/** Gives a function that is to be called with the state as often as it may have changed; what is to be told goes to `tell`. */
export function watchState<State>(
  start: Stated<State>,
  clock: Clock,
  tell: (change: StateChange<State>) => void,
): (now: Stated<State>) => void {
  let told = nothingTold(start);
  return (now) => {
    if (now.state === told.last.state && told.changes === 0) return;
    const next = toldAfter(told, now, clock.monotonicMs());
    told = next.told;
    if (next.change !== undefined) tell(next.change);
  };
}
