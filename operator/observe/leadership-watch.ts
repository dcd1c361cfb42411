import { isDeepStrictEqual } from "node:util";
import type { RollupBoostCluster } from "../api/cluster.ts";
import type { Leadership } from "../api/cluster-status.ts";
import { observeLeadership } from "./conductor-client.ts";
import { repeat } from "./repeat.ts";

export type LeadershipWatchDependencies = {
  readonly cluster: () => RollupBoostCluster;
  readonly onChange: () => void;
};

/** Asks the op-conductors of a cluster who leads, and keeps the last answer. */
export class LeadershipWatch {
  readonly #end = new AbortController();
  readonly #first = Promise.withResolvers<void>();
  #leadership: Readonly<Record<string, Leadership>> | undefined;

  constructor(intervalMs: number, dependencies: LeadershipWatchDependencies) {
    const ask = async (): Promise<void> => {
      const before = this.#leadership;
      this.#leadership = await observeLeadership(dependencies.cluster(), this.#end.signal);
      this.#first.resolve();
      if (!isDeepStrictEqual(before, this.#leadership)) dependencies.onChange();
    };
    void repeat(ask, intervalMs, this.#end.signal);
  }

  /** False until every op-conductor has answered once or let its deadline pass. */
  get hasAsked(): boolean {
    return this.#leadership !== undefined;
  }

  /** Resolves when `hasAsked`. */
  get asked(): Promise<void> {
    return this.#first.promise;
  }

  of(sequencer: string): Leadership {
    return this.#leadership?.[sequencer] ?? "unknown";
  }

  close(): void {
    this.#end.abort();
  }
}
