import type { RollupBoostCluster } from "../api/cluster.ts";
import { ClusterRunner, type ClusterRunnerOptions } from "./cluster-runner.ts";
import type { Log } from "./log.ts";
import { watchManifestFiles } from "./manifest-files.ts";
import { ManifestSource } from "./manifest-source.ts";
import { endpointsOf, type PlaceOf, placesOf } from "./places.ts";
import { PortBook } from "./port-book.ts";
import { Wake } from "./wake.ts";

/** How often files are read again without a hint that they changed: an edit reaches the proxies within a second. */
const ROUND_INTERVAL_MS = 500;

export type StandaloneOptions = ClusterRunnerOptions & {
  readonly files: readonly string[];
  readonly spawn: boolean;
  readonly basePort: number;
};

/**
 * Runs the clusters of the manifest files until `signal` aborts, then ends the proxies it spawned. Throws
 * `ManifestRefused` at start; a bad edit later is reported and the last good manifest kept.
 */
export async function runStandalone(options: StandaloneOptions, log: Log, signal: AbortSignal): Promise<void> {
  const source = new ManifestSource(options, log);
  const ports = options.spawn ? new PortBook(options.basePort) : undefined;
  const runners = new Map<string, ClusterRunner>();
  const wake = new Wake();
  const watcher = watchManifestFiles(options.files, wake.wake);
  signal.addEventListener("abort", wake.wake, { once: true });
  while (!signal.aborted) {
    const manifests = source.read();
    const placeOf = placesOf(manifests.clusters, ports);
    const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    for (const cluster of manifests.clusters) {
      const { name } = cluster.metadata;
      const runner = runners.get(name) ?? new ClusterRunner(cluster, options, { log, onChange: wake.wake });
      if (!runners.has(name)) announce(cluster, placeOf, log);
      runners.set(name, runner);
      runner.round(cluster, { documents: manifests.secrets, secretsDir: options.secretsDir }, placeOf, now);
    }
    closeAllBut(runners, manifests.clusters, log);
    await wake.wait(ROUND_INTERVAL_MS);
  }
  watcher.close();
  await Promise.all([...runners.values()].map((runner) => runner.close()));
}

function announce({ metadata, spec }: RollupBoostCluster, placeOf: PlaceOf, log: Log): void {
  for (const sequencer of spec.sequencers) {
    const { engineUrl, rpcUrl, adminUrl } = endpointsOf(placeOf(metadata.name, sequencer));
    const text =
      engineUrl === undefined
        ? `its proxy is at ${adminUrl}`
        : `point op-node's --l2 at ${engineUrl} and op-conductor's --execution.rpc at ${rpcUrl}; status: ${adminUrl}/status`;
    log.info(`${metadata.name}: ${sequencer.name}: ${text}`, { cluster: metadata.name, sequencer: sequencer.name });
  }
}

function closeAllBut(runners: Map<string, ClusterRunner>, clusters: readonly RollupBoostCluster[], log: Log): void {
  for (const [name, runner] of runners) {
    if (clusters.some((cluster) => cluster.metadata.name === name)) continue;
    log.warn(`${name}: no longer in the manifest files; its proxies end`, { cluster: name });
    runners.delete(name);
    void runner.close();
  }
}
