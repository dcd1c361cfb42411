import { isDeepStrictEqual } from "node:util";
import type { RollupBoostCluster } from "../api/cluster.ts";
import type { Leadership } from "../api/cluster-status.ts";
import { observeLeadership } from "../observe/conductor-client.ts";
import { repeat } from "./repeat.ts";

const CONDUCTOR_INTERVAL_MS = 500;

/** Asks the op-conductors of a cluster who leads, and keeps the last answer. */
export class LeadershipWatch {
  readonly #end = new AbortController();
  #leadership: Readonly<Record<string, Leadership>> | undefined;

  constructor(dependencies: { readonly cluster: () => RollupBoostCluster; readonly onChange: () => void }) {
    const ask = async (): Promise<void> => {
      const before = this.#leadership;
      this.#leadership = await observeLeadership(dependencies.cluster(), this.#end.signal);
      if (!isDeepStrictEqual(before, this.#leadership)) dependencies.onChange();
    };
    void repeat(ask, CONDUCTOR_INTERVAL_MS, this.#end.signal);
  }

  /** False until every op-conductor has answered once or let its deadline pass. */
  get hasAsked(): boolean {
    return this.#leadership !== undefined;
  }

  of(sequencer: string): Leadership {
    return this.#leadership?.[sequencer] ?? "unknown";
  }

  close(): void {
    this.#end.abort();
  }
}
