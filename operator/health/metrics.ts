import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { WatchStep } from "./watch-activity.ts";

/** The operator's metrics. Labels take their values from fixed lists, so their number is bounded. */
export class Metrics {
  readonly registry = new Registry();

  readonly #watchSteps = new Counter({
    name: "rollup_boost_operator_watch_steps_total",
    help: "What watches did, by resource: list (again and again: history is lost), event, bookmark, failure.",
    labelNames: ["resource", "step"] as const,
    registers: [this.registry],
  });
  readonly #synced = new Gauge({
    name: "rollup_boost_operator_synced",
    help: "1 when everything that is watched has been listed; before, nothing is reconciled.",
    registers: [this.registry],
  });
  readonly #reconciles = new Histogram({
    name: "rollup_boost_operator_reconcile_duration_seconds",
    help: "One look at one RollupBoostCluster, by result: done or failed.",
    labelNames: ["result"] as const,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [this.registry],
  });

  /** `isLeaseHolder` is asked whenever the metrics are read. */
  constructor({ isLeaseHolder }: { readonly isLeaseHolder: () => boolean }) {
    collectDefaultMetrics({ register: this.registry });
    const held: Gauge = new Gauge({
      name: "rollup_boost_operator_lease_holder",
      help: "1 on the replica that acts: it holds the lease, or runs without one. 0 on one that stands by.",
      registers: [this.registry],
      collect: () => held.set(isLeaseHolder() ? 1 : 0),
    });
  }

  watchStepped(resource: string, step: WatchStep): void {
    this.#watchSteps.inc({ resource, step });
  }

  synced(): void {
    this.#synced.set(1);
  }

  /** Measures one look at one cluster. */
  async reconcile<T>(look: () => Promise<T>): Promise<T> {
    const ended = this.#reconciles.startTimer();
    try {
      const result = await look();
      ended({ result: "done" });
      return result;
    } catch (error) {
      ended({ result: "failed" });
      throw error;
    }
  }
}
