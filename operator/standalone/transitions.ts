import type { ClusterStatus } from "../api/cluster-status.ts";

/** What a person should read when the status moves, a sentence each: leader, proxies, builders, shut-off, readiness. */
export const transitionsOf = (before: ClusterStatus | undefined, after: ClusterStatus): readonly string[] => [
  ...proxyLines(before, after),
  ...builderLines(before, after),
  ...conditionLines(before, after),
];

function proxyLines(before: ClusterStatus | undefined, after: ClusterStatus): readonly string[] {
  return (after.sequencers ?? []).flatMap(({ name, proxyAvailable }) => {
    const known = before?.sequencers?.find((row) => row.name === name)?.proxyAvailable ?? false;
    return known === proxyAvailable ? [] : `${name}: its proxy ${proxyAvailable ? "serves" : "does not serve"}`;
  });
}

function builderLines(before: ClusterStatus | undefined, after: ClusterStatus): readonly string[] {
  return (after.builders ?? []).flatMap(({ name, state, reason }) => {
    const known = before?.builders?.find((row) => row.name === name)?.state ?? "unknown";
    return known === state ? [] : `builder ${name} is ${state}${reason === undefined ? "" : ` (${reason})`}`;
  });
}

/** Conditions whose message alone is news: who leads now, how many proxies confirm the shut-off. */
const TOLD_BY_MESSAGE = ["LeaderKnown", "ExternalBuildingEnabled"];

/** Conditions that say what the lines above said already. */
const TOLD_ELSEWHERE = ["Reconciling", "Stalled", "ProxiesAvailable", "BuildersHealthy"];

function conditionLines(before: ClusterStatus | undefined, after: ClusterStatus): readonly string[] {
  return (after.conditions ?? [])
    .filter(({ type }) => !TOLD_ELSEWHERE.includes(type))
    .filter(({ type, status, reason, message }) => {
      const known = before?.conditions?.find((condition) => condition.type === type);
      const isNews = known?.status !== status || known.reason !== reason;
      return isNews || (TOLD_BY_MESSAGE.includes(type) && known.message !== message);
    })
    .map(({ type, status, reason, message }) => `${type} ${status} (${reason}): ${message}`);
}
