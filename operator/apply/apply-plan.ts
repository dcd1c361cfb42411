import type { KubeObject } from "../kubernetes/kube-object.ts";
import type { Snapshot } from "../observe/observe-cluster.ts";
import { SEQUENCER_LABEL } from "../plan/child-metadata.ts";
import type { Plan } from "../plan/model.ts";
import { type ApplyIo, applySequencer, type SequencerOutcome, type SequencerPlan } from "./apply-sequencer.ts";

export type ApplyOutcome = {
  /** Something was written or pushed: look again soon. */
  readonly wrote: boolean;
  /** Children whose names belong to something else. */
  readonly taken: readonly { readonly kind: string; readonly name: string }[];
  /** What could not be written, by sequencer. The others were not held up by it. */
  readonly errors: readonly unknown[];
};

/** Makes a plan so, sequencer by sequencer at once; what fails for one does not keep the config from another's proxy. */
export async function applyPlan(
  plan: Plan,
  cluster: KubeObject,
  snapshot: Snapshot,
  io: ApplyIo,
  signal: AbortSignal,
): Promise<ApplyOutcome> {
  const results = await Promise.allSettled(
    sequencerPlansOf(plan, snapshot).map((part) => applySequencer(part, cluster, snapshot.secretValueOf, io, signal)),
  );
  const outcomes = results.flatMap((result): readonly SequencerOutcome[] =>
    result.status === "fulfilled" ? [result.value] : [],
  );
  return {
    wrote: outcomes.some((outcome) => outcome.kind === "applied" && outcome.wrote),
    taken: outcomes.flatMap((outcome) =>
      outcome.kind === "taken" ? [{ kind: outcome.childKind, name: outcome.childName }] : [],
    ),
    errors: results.flatMap((result): readonly unknown[] => (result.status === "rejected" ? [result.reason] : [])),
  };
}

const sequencerPlansOf = (plan: Plan, { observed }: Snapshot): readonly SequencerPlan[] =>
  plan.configs.map((config) => ({
    sequencer: config.sequencer,
    config,
    secret: plan.secrets.find(({ sequencer }) => sequencer === config.sequencer),
    manifests: plan.manifests.filter(({ metadata }) => metadata.labels[SEQUENCER_LABEL] === config.sequencer),
    proxies: observed.sequencers[config.sequencer]?.proxies ?? [],
  }));
