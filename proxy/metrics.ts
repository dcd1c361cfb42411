import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import { builderMetrics, type WiredBuilder } from "./builder-metrics.ts";
import type { ExecutionMode } from "./contract/config-file.ts";
import { type BlockDecision, FallbackReason, type JobOutcome, type Leadership } from "./contract/status.ts";

/** What a scrape reads at its moment. */
export type MetricsView = {
  readonly builders: () => readonly WiredBuilder[];
  readonly isExecutionClientUsable: () => boolean;
};

/** As rollup-boost numbers them. */
const MODE_NUMBER: Readonly<Record<ExecutionMode, number>> = { enabled: 3, dry_run: 2, disabled: 1 };

const NOTHING_YET: MetricsView = { builders: () => [], isExecutionClientUsable: () => true };

/** The proxy's metrics. Labels take their values from fixed lists and from the config's names, so their number is bounded. */
export class Metrics {
  readonly registry = new Registry();
  #view = NOTHING_YET;

  readonly #blocks = this.#counter("rollup_boost_blocks_total", "Payloads handed out, by payload source.", ["source"]);
  readonly #fallbacks = this.#counter(
    "rollup_boost_fallbacks_total",
    "Payloads of the execution client handed out, by fallback reason.",
    ["reason"],
  );
  /** What rollup-boost's `rpc.blocks_created` is called in its own `/metrics`, with its labels. */
  readonly #blocksCreated = this.#counter(
    "rollup_boost_rpc_blocks_created",
    "The same as rollup_boost_blocks_total, as rollup-boost names it.",
    ["source"],
  );
  readonly #repeated = this.#counter(
    "rollup_boost_repeated_payloads_total",
    "getPayload calls that were answered with the bytes handed out before for the same payload id.",
    [],
  );
  readonly #requests = new Histogram({
    name: "rollup_boost_engine_request_duration_seconds",
    help: "From a request of op-node to its answer, by Engine API method; pass_through for all others.",
    labelNames: ["method"] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    registers: [this.registry],
  });
  readonly #validations = new Histogram({
    name: "rollup_boost_validation_duration_seconds",
    help: "What the execution client took to validate a builder's payload, or until it was given up.",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5],
    registers: [this.registry],
  });
  readonly #violations = this.#counter(
    "rollup_boost_invariant_violations_total",
    "Requests in which the proxy itself failed and the execution client's answer was given instead. Must be 0.",
    [],
  );
  readonly #fence = this.#counter(
    "rollup_boost_leadership_fence_total",
    "Questions of the leadership fence to the sequencer's own op-conductor, by answer.",
    ["answer"],
  );
  readonly #jobsAsked = this.#counter(
    "rollup_boost_balancer_jobs_total",
    "FCUs with attributes that came to this balancer, by outcome; refused: the slot's job is another sequencer's.",
    ["outcome"],
  );
  readonly #revision = this.#gauge("rollup_boost_config_revision", "Revision of the config document that runs.");
  readonly #externalBuilding = this.#gauge(
    "rollup_boost_external_building_enabled",
    "1 while execution mode is enabled, 0 while a hand closes it (dry_run or disabled).",
  );
  readonly #mode = this.#gauge(
    "rollup_boost_execution_mode",
    "The execution mode that counts of both hands: 3 enabled, 2 dry_run, 1 disabled.",
  );
  /** What rollup-boost's gauge is called in its own `/metrics`: it puts its prefix before a name that has it already. */
  readonly #modeAsNamedThere = this.#gauge(
    "rollup_boost_rollup_boost_execution_mode",
    "The same as rollup_boost_execution_mode, as rollup-boost names it.",
  );
  readonly #byBuilder = builderMetrics(this.registry, () => this.#view.builders());

  constructor() {
    collectDefaultMetrics({ register: this.registry });
    const usable = (): number => (this.#view.isExecutionClientUsable() ? 1 : 0);
    new Gauge({
      name: "rollup_boost_execution_client_usable",
      help: "1 while the execution client can be used, 0 while /healthz says 503.",
      registers: [this.registry],
      collect() {
        this.set(usable());
      },
    });
    for (const source of ["builder", "execution_client"]) this.#blocks.inc({ source }, 0);
    for (const source of ["builder", "l2"]) this.#blocksCreated.inc({ source }, 0);
    for (const reason of FallbackReason.options) this.#fallbacks.inc({ reason }, 0);
  }

  /** What scrapes read from now on. */
  shows(view: MetricsView): void {
    this.#view = view;
  }

  /** One answered getPayload. */
  decided(decision: BlockDecision): void {
    const { answered, source, fallbackReason, builders } = decision;
    if (answered) {
      this.#blocks.inc({ source });
      this.#blocksCreated.inc({ source: source === "builder" ? "builder" : "l2" });
    }
    if (fallbackReason !== undefined) this.#fallbacks.inc({ reason: fallbackReason });
    for (const { validationMs } of builders) {
      if (validationMs !== undefined) this.#validations.observe(validationMs / 1000);
    }
    this.#byBuilder.decided(decision);
  }

  /** A getPayload was answered with bytes handed out before. */
  repeated(): void {
    this.#repeated.inc();
  }

  /** One answered request of op-node. */
  answered(method: string, seconds: number): void {
    this.#requests.observe({ method }, seconds);
  }

  /** The proxy failed and fell back to the execution client. */
  violated(): void {
    this.#violations.inc();
  }

  /** One question of the leadership fence. */
  fenced(answer: Leadership): void {
    this.#fence.inc({ answer });
  }

  /** One FCU with attributes that came to a balancer. */
  jobAsked(outcome: JobOutcome): void {
    this.#jobsAsked.inc({ outcome });
  }

  /** The document that runs from now on. */
  running(config: { readonly revision: number; readonly builders: readonly { readonly name: string }[] }): void {
    this.#revision.set(config.revision);
    this.#byBuilder.wired(new Set(config.builders.map(({ name }) => name)));
  }

  /** The execution mode that counts from now on. */
  runsIn(mode: ExecutionMode): void {
    this.#externalBuilding.set(mode === "enabled" ? 1 : 0);
    this.#mode.set(MODE_NUMBER[mode]);
    this.#modeAsNamedThere.set(MODE_NUMBER[mode]);
  }

  #counter<Label extends string>(name: string, help: string, labelNames: readonly Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }

  #gauge(name: string, help: string): Gauge {
    return new Gauge({ name, help, registers: [this.registry] });
  }
}
