import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { type BlockDecision, BuilderState, FallbackReason, ValidationVerdict } from "./contract/status.ts";

/** What a wired builder shows at a scrape. */
export type WiredBuilder = {
  readonly config: { readonly name: string };
  readonly health: { readonly state: BuilderState };
  readonly lane: { readonly depth: number; readonly lost: number };
  readonly aside: { readonly lost: number };
};

const OUTCOMES = ["chosen", "not_needed", ...FallbackReason.options] as const;

const LATENCY_BUCKETS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2.5];

/** Blocks have tens of millions of gas. */
const GAS_DELTA_BUCKETS = [-30e6, -10e6, -3e6, -1e6, -100e3, 0, 100e3, 1e6, 3e6, 10e6, 30e6];

/** Metrics by builder. A builder that is no longer wired loses its series, so that names that come and go cannot pile up. */
export function builderMetrics(registry: Registry, wired: () => readonly WiredBuilder[]) {
  const registers = [registry];
  const outcomes = new Counter({
    name: "rollup_boost_builder_outcomes_total",
    help: "What became of a builder's part in a block: chosen, not_needed, or a fallback reason.",
    labelNames: ["builder", "outcome"] as const,
    registers,
  });
  const wins = new Counter({
    name: "rollup_boost_builder_blocks_total",
    help: "Payloads of the builder that were handed out.",
    labelNames: ["builder"] as const,
    registers,
  });
  const latency = new Histogram({
    name: "rollup_boost_builder_payload_duration_seconds",
    help: "From op-node's getPayload to the builder's payload.",
    labelNames: ["builder"] as const,
    buckets: LATENCY_BUCKETS_SECONDS,
    registers,
  });
  const gasDelta = new Histogram({
    name: "rollup_boost_builder_gas_delta",
    help: "Gas of the builder's payload above the execution client's own, where both were there.",
    labelNames: ["builder"] as const,
    buckets: GAS_DELTA_BUCKETS,
    registers,
  });
  const validations = new Counter({
    name: "rollup_boost_builder_validations_total",
    help: "Payloads of the builder that the execution client was asked about, by what it said.",
    labelNames: ["builder", "verdict"] as const,
    registers,
  });
  new Gauge({
    name: "rollup_boost_builder_state",
    help: "1 for the builder's state, 0 for the others.",
    labelNames: ["builder", "state"] as const,
    registers,
    collect() {
      this.reset();
      for (const { config, health } of wired()) {
        for (const each of BuilderState.options) {
          this.set({ builder: config.name, state: each }, each === health.state ? 1 : 0);
        }
      }
    },
  });
  new Gauge({
    name: "rollup_boost_builder_lane_depth",
    help: "Calls that wait for the builder, without the one under way.",
    labelNames: ["builder"] as const,
    registers,
    collect() {
      this.reset();
      for (const { config, lane } of wired()) this.set({ builder: config.name }, lane.depth);
    },
  });
  new Counter({
    name: "rollup_boost_builder_lost_calls_total",
    help: "Calls that did not reach the builder: on the lane for lack of room, beside it (transactions, miner_*) for any reason.",
    labelNames: ["builder", "way"] as const,
    registers,
    collect() {
      this.reset();
      for (const { config, lane, aside } of wired()) {
        this.inc({ builder: config.name, way: "lane" }, lane.lost);
        this.inc({ builder: config.name, way: "aside" }, aside.lost);
      }
    },
  });
  let names: ReadonlySet<string> = new Set();

  return {
    /** The builders that are wired from now on. */
    wired(next: ReadonlySet<string>): void {
      for (const builder of names) {
        if (next.has(builder)) continue;
        for (const outcome of OUTCOMES) outcomes.remove({ builder, outcome });
        for (const verdict of ValidationVerdict.options) validations.remove({ builder, verdict });
        for (const metric of [wins, latency, gasDelta]) metric.remove({ builder });
      }
      for (const builder of next) wins.inc({ builder }, 0);
      names = next;
    },

    /** The builders' parts in one answered getPayload. One that is no longer wired is not counted. */
    decided({ builders, executionClient }: BlockDecision): void {
      for (const { builder, outcome, answeredMs, gasUsed, verdict } of builders) {
        if (!names.has(builder)) continue;
        outcomes.inc({ builder, outcome });
        if (outcome === "chosen") wins.inc({ builder });
        if (answeredMs !== undefined) latency.observe({ builder }, answeredMs / 1000);
        if (verdict !== undefined) validations.inc({ builder, verdict });
        const ownGasUsed = executionClient?.gasUsed;
        if (gasUsed !== undefined && ownGasUsed !== undefined) {
          gasDelta.observe({ builder }, Number(BigInt(gasUsed) - BigInt(ownGasUsed)));
        }
      }
    },
  };
}
