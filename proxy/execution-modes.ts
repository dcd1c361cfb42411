import type { Logger } from "pino";
import { AdminHandKeeper } from "./admin-hand.ts";
import type { Clock } from "./clock.ts";
import type { ExecutionMode } from "./contract/config-file.ts";
import type { ExecutionModeAnswer } from "./contract/execution-mode.ts";
import { executionModesOf } from "./execution-mode.ts";
import type { Metrics } from "./metrics.ts";

/** The running config, as far as its hand on the execution mode goes. */
type ConfigHand = {
  readonly executionMode: ExecutionMode;
  readonly notKept: string | undefined;
  readonly wiring: { readonly builders: readonly { readonly lane: { readonly clear: () => void } }[] };
};

const NO_CONFIG_YET: ConfigHand = { executionMode: "enabled", notKept: undefined, wiring: { builders: [] } };

/** Both hands on the execution mode, and what follows at once when one of them moves. */
export class ExecutionModes {
  readonly adminHand: AdminHandKeeper;
  readonly #metrics: Metrics;
  readonly #log: Logger;
  #config = NO_CONFIG_YET;

  constructor(
    stateDir: string,
    { clock, metrics, log }: { readonly clock: Clock; readonly metrics: Metrics; readonly log: Logger },
  ) {
    this.#metrics = metrics;
    this.#log = log;
    const taken: ConstructorParameters<typeof AdminHandKeeper>[1]["taken"] = (hand) => {
      this.changed();
      log.warn({ ...hand, effective: this.effective }, "execution mode set by the admin API");
    };
    this.adminHand = new AdminHandKeeper(stateDir, { clock, taken });
  }

  /** Takes up what the admin's hand held before this process. */
  async load(): Promise<void> {
    await this.adminHand.load();
    if (this.adminHand.hand !== undefined)
      this.#log.warn(this.adminHand.hand, "the admin API's execution mode holds on");
  }

  /** From now on this config's hand counts beside the admin's. */
  follow(config: ConfigHand): void {
    this.#config = config;
    this.changed();
  }

  /** What counts now, what each hand holds, and what a restart would forget. */
  get all(): ExecutionModeAnswer {
    return executionModesOf(this.#config, this.adminHand);
  }

  get effective(): ExecutionMode {
    return this.all.effective;
  }

  /** A hand may hold another mode than before: shut off, what waits for a builder is dropped. */
  changed(): void {
    const { effective } = this;
    this.#metrics.runsIn(effective);
    if (effective === "disabled") for (const { lane } of this.#config.wiring.builders) lane.clear();
  }
}
