import { isDeepStrictEqual } from "node:util";
import type { RollupBoostCluster } from "../api/cluster.ts";
import type { Leadership } from "../api/cluster-status.ts";
import { LeadershipWatch } from "./leadership-watch.ts";

/** Leadership changes without an event. */
const CONDUCTOR_INTERVAL_MS = 1_000;

/**
 * Follows the leaders of the clusters that have op-conductors, each on its own: to ask who leads is far cheaper than to
 * look at the whole cluster, which is done when the answer changes.
 */
export class LeadershipWatches {
  readonly #touched: (clusterKey: string) => void;
  readonly #watches = new Map<string, { cluster: RollupBoostCluster; readonly watch: LeadershipWatch }>();

  /** `touched` is called with the cluster (`namespace/name`) whose leadership changed. */
  constructor(dependencies: { readonly touched: (clusterKey: string) => void }) {
    this.#touched = dependencies.touched;
  }

  /** Who leads, by sequencer name, as last heard; a new cluster is waited for until `signal` aborts. Never rejects. */
  async of(clusterKey: string, cluster: RollupBoostCluster, signal: AbortSignal): Promise<Record<string, Leadership>> {
    const { sequencers } = cluster.spec;
    const watch = this.#watchOf(clusterKey, cluster);
    if (watch !== undefined && !watch.hasAsked) await Promise.race([watch.asked, aborted(signal)]);
    return Object.fromEntries(sequencers.map(({ name }) => [name, watch?.of(name) ?? "unknown"]));
  }

  /** The cluster is gone. */
  forget(clusterKey: string): void {
    this.#watches.get(clusterKey)?.watch.close();
    this.#watches.delete(clusterKey);
  }

  /** Asks nobody any more. */
  close(): void {
    for (const clusterKey of [...this.#watches.keys()]) this.forget(clusterKey);
  }

  /** Undefined: nobody can be asked. */
  #watchOf(clusterKey: string, cluster: RollupBoostCluster): LeadershipWatch | undefined {
    const known = this.#watches.get(clusterKey);
    if (known !== undefined && isDeepStrictEqual(conductorsOf(known.cluster), conductorsOf(cluster)))
      return known.watch;
    this.forget(clusterKey);
    if (cluster.spec.sequencers.every(({ conductor }) => conductor === undefined)) return undefined;
    const onChange = (): void => this.#touched(clusterKey);
    const watch = new LeadershipWatch(CONDUCTOR_INTERVAL_MS, { cluster: () => cluster, onChange });
    this.#watches.set(clusterKey, { cluster, watch });
    return watch;
  }
}

/** All that the answer depends on. */
const conductorsOf = ({ spec }: RollupBoostCluster) =>
  spec.sequencers.map(({ name, conductor }) => ({ name, conductor }));

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
