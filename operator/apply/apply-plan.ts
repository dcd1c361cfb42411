import type { KubeObject } from "../kubernetes/kube-object.ts";
import type { Snapshot } from "../observe/observe-cluster.ts";
import { SEQUENCER_LABEL } from "../plan/child-metadata.ts";
import type { Plan } from "../plan/model.ts";
import { type ApplyIo, applySequencer, type SequencerOutcome, type SequencerPlan } from "./apply-sequencer.ts";
import { applyShared, type SharedIo, type SharedOutcome } from "./apply-shared.ts";

export type ApplyPlanIo = ApplyIo & SharedIo;

export type ApplyOutcome = {
  /** Something was written or pushed: look again soon. */
  readonly wrote: boolean;
  /** Children whose names belong to something else. */
  readonly taken: readonly { readonly kind: string; readonly name: string }[];
  /** A ServiceMonitor is wanted where the API server has no such kind. */
  readonly isMonitorKindAbsent: boolean;
  /** What could not be written, by sequencer. The others were not held up by it. */
  readonly errors: readonly unknown[];
};

/** Makes a plan so, sequencer by sequencer at once; what fails for one does not keep the config from another's proxy. */
export async function applyPlan(
  plan: Plan,
  cluster: KubeObject,
  snapshot: Snapshot,
  io: ApplyPlanIo,
  signal: AbortSignal,
): Promise<ApplyOutcome> {
  const results = await Promise.allSettled(
    sequencerPlansOf(plan, snapshot).map((part) => applySequencer(part, cluster, snapshot.secretValueOf, io, signal)),
  );
  // After the config: a shut-off waits for nothing else.
  const shared = await Promise.allSettled(plan.shared.map((child) => applyShared(child, cluster, io, signal)));
  const outcomes = [...results, ...shared].flatMap((result): readonly (SequencerOutcome | SharedOutcome)[] =>
    result.status === "fulfilled" ? [result.value] : [],
  );
  return {
    wrote: outcomes.some((outcome) => outcome.kind === "applied" && outcome.wrote),
    taken: outcomes.flatMap((outcome) =>
      outcome.kind === "taken" ? [{ kind: outcome.childKind, name: outcome.childName }] : [],
    ),
    isMonitorKindAbsent: outcomes.some((outcome) => outcome.kind === "kind_absent"),
    errors: [...results, ...shared].flatMap((result): readonly unknown[] =>
      result.status === "rejected" ? [result.reason] : [],
    ),
  };
}

const sequencerPlansOf = (plan: Plan, { observed, configMapVersionOf }: Snapshot): readonly SequencerPlan[] =>
  plan.configs.map((config) => ({
    sequencer: config.sequencer,
    config,
    secret: plan.secrets.find(({ sequencer }) => sequencer === config.sequencer),
    manifests: plan.manifests.filter(({ metadata }) => metadata.labels[SEQUENCER_LABEL] === config.sequencer),
    configMapVersion: configMapVersionOf(config.sequencer),
    proxies: observed.sequencers[config.sequencer]?.proxies ?? [],
  }));
