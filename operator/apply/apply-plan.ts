import type { KubeObject } from "../kubernetes/kube-object.ts";
import type { Snapshot } from "../observe/observe-cluster.ts";
import { SEQUENCER_LABEL } from "../plan/child-metadata.ts";
import type { Plan } from "../plan/model.ts";
import { type ApplyIo, applySequencer, type SequencerOutcome, type SequencerPlan } from "./apply-sequencer.ts";
import type { ChildName } from "./live-children.ts";

export type ApplyOutcome = {
  /** Something was written or pushed: look again soon. */
  readonly wrote: boolean;
  /** Children whose names belong to something else. */
  readonly taken: readonly ChildName[];
  /** What could not be written; the other sequencers were not held up by it. */
  readonly errors: readonly unknown[];
};

/** Makes a plan so, every sequencer at once: what fails for one does not keep the config from another's proxy. */
export async function applyPlan(
  plan: Plan,
  cluster: KubeObject,
  snapshot: Snapshot,
  io: ApplyIo,
  signal: AbortSignal,
): Promise<ApplyOutcome> {
  const results = await Promise.allSettled(
    sequencerPlansOf(plan, snapshot).map((part) => applySequencer(part, cluster, io, signal)),
  );
  const outcomes = results.flatMap((result): readonly SequencerOutcome[] =>
    result.status === "fulfilled" ? [result.value] : [],
  );
  return {
    wrote: outcomes.some((outcome) => outcome.kind === "applied" && outcome.wrote),
    taken: outcomes.flatMap((outcome) => (outcome.kind === "taken" ? [outcome.child] : [])),
    errors: results.flatMap((result): readonly unknown[] => (result.status === "rejected" ? [result.reason] : [])),
  };
}

/** A plan without a ConfigMap for a sequencer has nothing for it. */
const sequencerPlansOf = (plan: Plan, { observed, secretValueOf }: Snapshot): readonly SequencerPlan[] =>
  plan.configs.flatMap((config) => {
    const manifests = plan.manifests.filter(({ metadata }) => metadata.labels[SEQUENCER_LABEL] === config.sequencer);
    const configMap = manifests.find(({ kind }) => kind === "ConfigMap");
    if (configMap === undefined) return [];
    return [
      {
        config,
        configMap,
        secret: plan.secrets.find(({ sequencer }) => sequencer === config.sequencer),
        others: manifests.filter((manifest) => manifest !== configMap),
        proxies: observed.sequencers[config.sequencer]?.proxies ?? [],
        jwtValueOf: secretValueOf,
      },
    ];
  });
