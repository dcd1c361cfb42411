import type { RollupBoostCluster } from "../api/cluster.ts";
import type { ClusterStatus, Condition } from "../api/cluster-status.ts";
import { type Finding, isOnlyWhileTrue } from "../api/conditions.ts";
import { findingsOf } from "./findings.ts";
import type { Observed, PlannedConfig } from "./model.ts";
import { builderRow, isConfirmed, isOutdated, sequencerRow } from "./rows.ts";
import { lackingSecretsOf, unusableSecretsOf } from "./secrets.ts";

/** Longest message the CRD takes. */
const MESSAGE_LENGTH_MAX = 32_768;

/** The whole status. Equal facts give an equal status, so that it is written only when something changed. */
export function statusOf(
  cluster: RollupBoostCluster,
  observed: Observed,
  configs: readonly PlannedConfig[],
): ClusterStatus {
  const configOf = (name: string) => configs.find((config) => config.sequencer === name);
  const names = cluster.spec.sequencers.map((sequencer) => sequencer.name);
  const sequencers = names.map((name) => sequencerRow(name, observed.sequencers[name], configOf(name)));
  const builders = cluster.spec.builders.map((builder) => builderRow(builder.name, observed, configs));
  const confirmed = names.filter((name) => isConfirmed(observed.sequencers[name], configOf(name)));
  const unusableSecrets = unusableSecretsOf(cluster, observed.secrets);
  const lackingSecrets = lackingSecretsOf(cluster, observed);
  const outdated = names.filter((name) => isOutdated(observed.sequencers[name]));
  const leader = sequencers.find((row) => row.leader === "leader");
  const findings = findingsOf({ cluster, unusableSecrets, lackingSecrets, outdated, sequencers, builders, confirmed });
  return {
    ...dated(findings, cluster.metadata.generation, observed.previousStatus, observed.now),
    ...(leader === undefined ? {} : { leader: leader.name }),
    summary: {
      proxies: `${confirmed.length}/${names.length}`,
      builders: `${builders.filter((row) => row.state === "healthy").length}/${builders.length}`,
    },
    sequencers,
    builders,
  };
}

/**
 * A status (`base`, unless given the previous one) with `findings` in place of the conditions of the same types; all that
 * no longer holds (`Reconciling`, `Stalled`) goes. For what stops the operator before or after planning.
 */
export function statusWith(
  findings: readonly Finding[],
  generation: number | undefined,
  previous: ClusterStatus | undefined,
  now: string,
  base: ClusterStatus | undefined = previous,
): ClusterStatus {
  const kept = (base?.conditions ?? []).filter(
    ({ type }) => !isOnlyWhileTrue(type) && !findings.some((finding) => finding.type === type),
  );
  const { conditions, ...rest } = dated(findings, generation, previous, now);
  return { ...base, ...rest, conditions: [...conditions, ...kept] };
}

/** The status with more conditions. */
export function statusAlso(
  status: ClusterStatus,
  findings: readonly Finding[],
  previous: ClusterStatus | undefined,
  now: string,
): ClusterStatus {
  const { conditions } = dated(findings, status.observedGeneration, previous, now);
  return { ...status, conditions: [...(status.conditions ?? []), ...conditions] };
}

function dated(
  findings: readonly Finding[],
  generation: number | undefined,
  previous: ClusterStatus | undefined,
  now: string,
): { readonly observedGeneration?: number; readonly conditions: Condition[] } {
  const observedGeneration = generation === undefined ? {} : { observedGeneration: generation };
  const conditions = findings.map((finding): Condition => {
    const before = previous?.conditions?.find((condition) => condition.type === finding.type);
    return {
      ...finding,
      message: finding.message.slice(0, MESSAGE_LENGTH_MAX),
      lastTransitionTime: before?.status === finding.status ? before.lastTransitionTime : now,
      ...observedGeneration,
    };
  });
  return { ...observedGeneration, conditions };
}
