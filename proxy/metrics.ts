import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { BlockDecision } from "./contract/status.ts";

/** The proxy's metrics. Labels take their values from fixed lists and from the config's names, so their number is bounded. */
export class Metrics {
  readonly registry = new Registry();

  readonly #blocks = new Counter({
    name: "rollup_boost_blocks_total",
    help: "Payloads handed out, by payload source.",
    labelNames: ["source"] as const,
    registers: [this.registry],
  });
  readonly #fallbacks = new Counter({
    name: "rollup_boost_fallbacks_total",
    help: "Payloads of the execution client handed out, by fallback reason.",
    labelNames: ["reason"] as const,
    registers: [this.registry],
  });
  readonly #requests = new Histogram({
    name: "rollup_boost_engine_request_duration_seconds",
    help: "From a request of op-node to its answer, by Engine API method; pass_through for all others.",
    labelNames: ["method"] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [this.registry],
  });
  readonly #violations = new Counter({
    name: "rollup_boost_invariant_violations_total",
    help: "Requests in which the proxy itself failed and the execution client's answer was given instead. Must be 0.",
    registers: [this.registry],
  });
  readonly #revision = new Gauge({
    name: "rollup_boost_config_revision",
    help: "Revision of the config document that runs.",
    registers: [this.registry],
  });
  readonly #externalBuilding = new Gauge({
    name: "rollup_boost_external_building_enabled",
    help: "1 while execution mode is enabled, 0 while the emergency shut-off is pulled.",
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** One answered getPayload. */
  decided(decision: BlockDecision): void {
    if (decision.answered) this.#blocks.inc({ source: decision.source });
    if (decision.fallbackReason !== undefined) this.#fallbacks.inc({ reason: decision.fallbackReason });
  }

  /** One answered request of op-node. */
  answered(method: string, seconds: number): void {
    this.#requests.observe({ method }, seconds);
  }

  /** The proxy failed and fell back to the execution client. */
  violated(): void {
    this.#violations.inc();
  }

  /** The document that runs from now on. */
  running(config: { readonly revision: number; readonly executionMode: string }): void {
    this.#revision.set(config.revision);
    this.#externalBuilding.set(config.executionMode === "enabled" ? 1 : 0);
  }
}
