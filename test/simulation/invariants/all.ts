import type { Run } from "../simulate.ts";
import { answerInvariants } from "./answers.ts";
import { balancerInvariants } from "./balancers.ts";
import { boundInvariants } from "./bounds.ts";
import { builderInvariants } from "./builders.ts";
import { fenceInvariants } from "./fence.ts";
import { handedOutInvariants } from "./handed-out.ts";
import { limitInvariants } from "./limits.ts";
import { sameBytesInvariants } from "./same-bytes.ts";
import { type Invariant, look } from "./seen.ts";
import { usefulnessInvariants } from "./usefulness.ts";

/** Every rule a run is held to. */
const INVARIANTS: readonly Invariant[] = [
  ...answerInvariants,
  ...handedOutInvariants,
  ...sameBytesInvariants,
  ...builderInvariants,
  ...fenceInvariants,
  ...boundInvariants,
  ...balancerInvariants,
  ...limitInvariants,
  ...usefulnessInvariants,
];

/** A rule that a run broke. */
export type Broken = { readonly seed: number; readonly clause: string; readonly rule: string; readonly how: string };

/** Every rule that a run broke, with the first thing seen against it. */
export function brokenBy(run: Run): readonly Broken[] {
  const seen = look(run);
  return INVARIANTS.flatMap(({ clause, rule, broken }) => {
    const how = broken(seen);
    return how === undefined ? [] : [{ seed: run.seed, clause, rule, how }];
  });
}
