import type { ExecutionMode } from "../../proxy/contract/config-file.ts";
import type { Finding } from "../api/conditions.ts";
import type { ClusterIdentity } from "./child-metadata.ts";
import { heldConfig } from "./config-documents.ts";
import { externalBuildingEnabled } from "./findings.ts";
import { configMap } from "./manifests/config-map.ts";
import type { Observed, Plan } from "./model.ts";
import { isConfirmed, sequencerRow } from "./rows.ts";
import { statusWith } from "./status.ts";

/** A cluster whose spec is not followed: who it is, and the one thing in its spec that must still arrive. */
export type HeldCluster = ClusterIdentity & {
  readonly generation: number | undefined;
  /** Undefined: it cannot be read, so it stays as it is. */
  readonly executionMode: ExecutionMode | undefined;
  /** Why the spec is not followed. */
  readonly findings: readonly Finding[];
};

/** What is left to do while reconciliation is paused, or the spec does not parse: the emergency shut-off. */
export function shutOffPlan(cluster: HeldCluster, observed: Observed): Plan {
  const { executionMode, findings, generation } = cluster;
  const running = Object.entries(observed.sequencers);
  const configs = running.flatMap(([, sequencer]) => heldConfig(executionMode, sequencer) ?? []);
  const configOf = (name: string) => configs.find((config) => config.sequencer === name);
  const sequencers = running.map(([name, sequencer]) => sequencerRow(name, sequencer, configOf(name)));
  const confirmed = running.filter(([name, sequencer]) => isConfirmed(sequencer, configOf(name))).map(([name]) => name);
  const building =
    executionMode === undefined ? [] : [externalBuildingEnabled(executionMode, { sequencers, confirmed })];
  const { previousStatus, now } = observed;
  const unseen = (previousStatus?.sequencers ?? []).filter(({ name }) => observed.sequencers[name] === undefined);
  return {
    configs,
    secrets: [],
    manifests: configs.map(({ document }) => configMap(cluster, document)),
    shared: [],
    status: {
      ...statusWith([...findings, ...building], generation, previousStatus, now),
      sequencers: [...sequencers, ...unseen],
    },
  };
}
