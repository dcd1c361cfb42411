import { isDeepStrictEqual } from "node:util";
import {
  CONFIG_SCHEMA_VERSION,
  type ConfigFile,
  defaultSelection,
  type ExecutionMode,
} from "../../proxy/contract/config-file.ts";
import type { RollupBoostCluster, SequencerSpec } from "../api/cluster.ts";
import { timingOf } from "../api/cluster-rules.ts";
import type { ClusterStatus } from "../api/cluster-status.ts";
import type { Observed, PlannedConfig, SequencerObserved } from "./model.ts";
import { builderSecretFile, EXECUTION_CLIENT_SECRET_FILE } from "./secrets.ts";

type Content = Omit<ConfigFile, "revision">;

/** The document a sequencer's proxy should run, and whether it has to be written first. */
export const plannedConfig = (
  cluster: RollupBoostCluster,
  sequencer: SequencerSpec,
  observed: Observed,
): PlannedConfig =>
  revised(contentOf(cluster, sequencer), observed.sequencers[sequencer.name], observed.previousStatus);

/**
 * The document while the spec cannot be followed (a JWT secret is unusable, it does not parse, reconciliation is paused): what
 * runs, but for the execution mode, as the emergency shut-off must always arrive. No mode: it cannot be read. Undefined: nothing runs yet, and nothing shall start half-made.
 */
export function heldConfig(
  executionMode: ExecutionMode | undefined,
  observed: SequencerObserved | undefined,
): PlannedConfig | undefined {
  if (observed?.written === undefined) return undefined;
  const { revision: _, ...content } = observed.written;
  return revised({ ...content, executionMode: executionMode ?? content.executionMode }, observed, undefined);
}

/** OneToOne: each proxy has the builder its sequencer is paired with, or none (C-19). */
function contentOf(cluster: RollupBoostCluster, sequencer: SequencerSpec): Content {
  const { spec, metadata } = cluster;
  return {
    schemaVersion: CONFIG_SCHEMA_VERSION,
    cluster: metadata.name,
    sequencer: sequencer.name,
    role: "sequencer",
    executionMode: spec.executionMode,
    executionClient: {
      url: sequencer.executionClient.url,
      rpcUrl: sequencer.executionClient.rpcUrl,
      jwtSecretFile: EXECUTION_CLIENT_SECRET_FILE,
    },
    driving: "exclusive",
    builders: spec.builders
      .filter((builder) => builder.name === sequencer.builder)
      .map(({ name, url }) => ({ name, url, jwtSecretFile: builderSecretFile(name), forwardTransactions: true })),
    selection: defaultSelection,
    timing: timingOf(spec.timing),
  };
}

/**
 * Revisions only rise: above what is written and above what any proxy runs, surging and terminating ones too. A proxy
 * that reports a higher one than is written (a lost or restored ConfigMap) would ignore us, one in conflict refuse us.
 * Where the ConfigMap is lost and no proxy answers, the last status still knows where the revisions were.
 */
function revised(
  content: Content,
  observed: SequencerObserved | undefined,
  previousStatus: ClusterStatus | undefined,
): PlannedConfig {
  const written = observed?.written;
  const proxies = observed?.proxies ?? [];
  const lost = previousStatus?.sequencers?.find(({ name }) => name === content.sequencer)?.desiredRevision ?? 0;
  const writtenRevision = written?.revision ?? lost;
  const highest = Math.max(writtenRevision, ...proxies.map((proxy) => proxy.status?.revision ?? 0));
  const unchanged =
    written !== undefined &&
    isDeepStrictEqual({ ...content, revision: writtenRevision }, written) &&
    highest === writtenRevision &&
    !proxies.some((proxy) => proxy.conflict === true);
  const revision = unchanged ? writtenRevision : highest + 1;
  return { sequencer: content.sequencer, document: { ...content, revision }, changed: !unchanged };
}
