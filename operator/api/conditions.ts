/** Conditions that are there only while they are true: `Reconciling` and `Stalled` as kstatus has them, and troubles. */
const ONLY_WHILE_TRUE = [
  "Reconciling",
  "Stalled",
  "ReconciliationPaused",
  "FieldsContested",
  "CrdOutdated",
  "ServiceMonitorMissing",
] as const;

/** Every condition a RollupBoostCluster can carry. */
type ConditionType =
  | (typeof ONLY_WHILE_TRUE)[number]
  | "Ready"
  | "ProxiesAvailable"
  | "SecretsValid"
  | "BuildersHealthy"
  | "LeaderKnown"
  | "ExternalBuildingEnabled";

/** Every reason, once: a machine may rely on these words, not on messages. */
export const CONDITION_REASONS = [
  "AllProxiesReady",
  "ProxiesUnavailable",
  "ConfigUnconfirmed",
  "ProxyOutdated",
  "AllSecretsValid",
  "SecretMissing",
  "SecretKeyMissing",
  "SecretMalformed",
  "InvalidSpec",
  "ChildTaken",
  "AllProxiesAvailable",
  "AllBuildersHealthy",
  "SomeBuildersUnhealthy",
  "AllBuildersUnhealthy",
  "BuildersNotMeasured",
  "NoBuilderWired",
  "OneLeader",
  "NoLeader",
  "LeaderUnclear",
  "NoConductor",
  "Enabled",
  "ShutOff",
  "ReconciliationPaused",
  "FieldsContested",
  "CrdOlderThanOperator",
  "ServiceMonitorKindAbsent",
] as const;
export type ConditionReason = (typeof CONDITION_REASONS)[number];

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
  stalled("InvalidSpec", `correct the spec, it cannot be used; the proxies keep what they run. ${problems.join("; ")}`);

/** Whether a condition that was not found now has to go. */
export const isOnlyWhileTrue = (type: string): boolean => ONLY_WHILE_TRUE.some((known) => known === type);

/** A person asked the operator to leave the children alone. */
export const paused = (annotation: string): readonly Finding[] => {
  const reason = "ReconciliationPaused";
  const message = `annotation ${annotation} says so: only spec.executionMode reaches the proxies; remove it to go on`;
  return [
    { type: "Ready", status: "False", reason, message },
    { type: reason, status: "True", reason, message },
  ];
};

/** A field of a child that someone else set to another value. */
export type FieldConflict = {
  readonly kind: string;
  readonly name: string;
  readonly field: string;
  readonly manager: string;
};

/** What the operator set back in its own children, and who had set it. */
export const fieldsContested = (conflicts: readonly FieldConflict[]): Finding => {
  const texts = conflicts.map(
    ({ kind, name, field, manager }) => `${manager} had set ${field} of ${kind} ${name}: it was set back`,
  );
  const advice = "stop that manager from writing there, or pause this cluster";
  return {
    type: "FieldsContested",
    status: "True",
    reason: "FieldsContested",
    message: `${texts.join("; ")}; ${advice}`,
  };
};

/** The API server's schema lacks fields of the status: it drops them. */
export const crdOutdated = (crd: string): Finding => ({
  type: "CrdOutdated",
  status: "True",
  reason: "CrdOlderThanOperator",
  message: `CustomResourceDefinition ${crd} is older than the operator, parts of spec and status are dropped: apply the one of the operator's version (rollup-boost-operator crd | kubectl apply --server-side -f -)`,
});

/** The API server does not know the kind. */
export const serviceMonitorMissing = (): Finding => ({
  type: "ServiceMonitorMissing",
  status: "True",
  reason: "ServiceMonitorKindAbsent",
  message:
    "spec.proxy.serviceMonitor asks for a ServiceMonitor, a kind the API server does not have: install the Prometheus operator's CustomResourceDefinitions, or remove spec.proxy.serviceMonitor",
});

/** A child's name is in use by an object this cluster does not own: it is left alone. */
export const childTaken = (kind: string, name: string): readonly Finding[] =>
  stalled(
    "ChildTaken",
    `${kind} ${name} exists and belongs to something else: delete or rename it, or rename the cluster or sequencer`,
  );
