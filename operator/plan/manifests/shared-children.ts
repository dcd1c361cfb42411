import type { RollupBoostCluster } from "../../api/cluster.ts";
import type { SharedChild } from "../model.ts";
import { networkPolicy } from "./network-policy.ts";
import { podDisruptionBudget } from "./pod-disruption-budget.ts";
import { serviceMonitor } from "./service-monitor.ts";

/** What all proxies of a cluster share. */
export const sharedChildren = (cluster: RollupBoostCluster): readonly SharedChild[] => [
  { manifest: podDisruptionBudget(cluster), isWanted: true },
  { manifest: networkPolicy(cluster), isWanted: cluster.spec.proxy.networkPolicy !== undefined },
  { manifest: serviceMonitor(cluster), isWanted: cluster.spec.proxy.serviceMonitor !== undefined },
];
