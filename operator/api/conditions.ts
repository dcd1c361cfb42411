/** Every condition a RollupBoostCluster can carry. `Reconciling` and `Stalled` are there only while true (kstatus). */
type ConditionType =
  | "Ready"
  | "Reconciling"
  | "Stalled"
  | "ProxiesAvailable"
  | "BuildersHealthy"
  | "LeaderKnown"
  | "ExternalBuildingEnabled";

/** Every reason, once: a machine may rely on these words, not on messages. */
export type ConditionReason =
  | "AllProxiesReady"
  | "ProxiesUnavailable"
  | "ConfigUnconfirmed"
  | "SecretMissing"
  | "SecretKeyMissing"
  | "SecretMalformed"
  | "InvalidSpec"
  | "ChildTaken"
  | "AllProxiesAvailable"
  | "AllBuildersHealthy"
  | "SomeBuildersUnhealthy"
  | "AllBuildersUnhealthy"
  | "BuildersNotMeasured"
  | "NoBuilderWired"
  | "OneLeader"
  | "NoLeader"
  | "LeaderUnclear"
  | "NoConductor"
  | "Enabled"
  | "ShutOff";

/** A condition without its times: what was found now. */
export type Finding = {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: ConditionReason;
  readonly message: string;
};

/** Nothing moves until a person acts: `Ready` false and `Stalled` true for the same reason. */
export const stalled = (reason: ConditionReason, message: string): readonly Finding[] => [
  { type: "Ready", status: "False", reason, message },
  { type: "Stalled", status: "True", reason, message },
];

/** Not there yet, and the operator is at it: `Ready` false and `Reconciling` true for the same reason. */
export const reconciling = (reason: ConditionReason, message: string): readonly Finding[] => [
  { type: "Ready", status: "False", reason, message },
  { type: "Reconciling", status: "True", reason, message },
];

/** The object was stored by an older schema, or by a newer one. */
export const invalidSpec = (problems: readonly string[]): readonly Finding[] =>
  stalled("InvalidSpec", `the spec cannot be used; the proxies keep what they run. ${problems.join("; ")}`);

/** A child's name is in use by an object this cluster does not own: it is left alone. */
export const childTaken = (kind: string, name: string): readonly Finding[] =>
  stalled(
    "ChildTaken",
    `${kind} ${name} exists and belongs to something else: delete or rename it, or rename the cluster or sequencer`,
  );
