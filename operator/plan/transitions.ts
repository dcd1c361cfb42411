import type { ClusterStatus, Condition } from "../api/cluster-status.ts";

/** Something a person should read when the status moves: leader, proxies, builders, shut-off, readiness. */
export type Transition = {
  /** `Warning`: someone may have to look. */
  readonly type: "Normal" | "Warning";
  /** One word in camel case, from a fixed list. */
  readonly reason: string;
  /** A sentence. */
  readonly text: string;
  /** True: a step on a way that was told already, such as one more proxy that confirms the shut-off. */
  readonly isStep: boolean;
};

/** What turned between two statuses, in the order to tell it; nothing for equal ones. */
export const transitionsOf = (before: ClusterStatus | undefined, after: ClusterStatus): readonly Transition[] => [
  ...proxyTransitions(before, after),
  ...builderTransitions(before, after),
  ...conditionTransitions(before, after),
];

function proxyTransitions(before: ClusterStatus | undefined, after: ClusterStatus): readonly Transition[] {
  return (after.sequencers ?? []).flatMap(({ name, proxyAvailable }): readonly Transition[] => {
    const known = before?.sequencers?.find((row) => row.name === name)?.proxyAvailable ?? false;
    if (known === proxyAvailable) return [];
    return proxyAvailable
      ? [{ type: "Normal", reason: "ProxyServes", text: `${name}: its proxy serves`, isStep: false }]
      : [{ type: "Warning", reason: "ProxyUnavailable", text: `${name}: its proxy does not serve`, isStep: false }];
  });
}

const BUILDER_REASONS = {
  healthy: "BuilderHealthy",
  lagging: "BuilderLagging",
  silent: "BuilderSilent",
  benched: "BuilderBenched",
  unknown: "BuilderUnknown",
} as const;

function builderTransitions(before: ClusterStatus | undefined, after: ClusterStatus): readonly Transition[] {
  return (after.builders ?? []).flatMap(({ name, state, reason }): readonly Transition[] => {
    const known = before?.builders?.find((row) => row.name === name)?.state ?? "unknown";
    if (known === state) return [];
    const type = state === "healthy" || state === "unknown" ? "Normal" : "Warning";
    const text = `builder ${name} is ${state}${reason === undefined ? "" : ` (${reason})`}`;
    return [{ type, reason: BUILDER_REASONS[state], text, isStep: false }];
  });
}

/** Conditions whose message alone is news: who leads now, how many proxies confirm the shut-off. */
const TOLD_BY_MESSAGE = ["LeaderKnown", "ExternalBuildingEnabled"];

/** Conditions that say what the lines above, or `Ready`, said already. */
const TOLD_ELSEWHERE = ["Reconciling", "Stalled", "ProxiesAvailable", "BuildersHealthy"];

function conditionTransitions(before: ClusterStatus | undefined, after: ClusterStatus): readonly Transition[] {
  return (after.conditions ?? [])
    .filter(({ type }) => !TOLD_ELSEWHERE.includes(type))
    .flatMap((condition): readonly Transition[] => {
      const { type, status, reason, message } = condition;
      const known = before?.conditions?.find((other) => other.type === type);
      const hasTurned = known?.status !== status || known.reason !== reason;
      if (!hasTurned && !(TOLD_BY_MESSAGE.includes(type) && known.message !== message)) return [];
      const text = `${type} ${status} (${reason}): ${message}`;
      const isStep = !hasTurned && type === "ExternalBuildingEnabled";
      return [{ type: isBad(condition, after) ? "Warning" : "Normal", reason, text, isStep }];
    });
}

/** Not ready is bad news only when nobody is at it; a shut-off is what someone asked for. */
function isBad({ type, status }: Condition, { conditions = [] }: ClusterStatus): boolean {
  if (status !== "False" || type === "ExternalBuildingEnabled") return false;
  const isReconciling = conditions.some((other) => other.type === "Reconciling" && other.status === "True");
  return type !== "Ready" || !isReconciling;
}
