import type { Clock } from "./clock.ts";
import { revisionVerdict } from "./config-revision.ts";
import type { ConfigStore } from "./config-store.ts";
import { type ConfigFile, parseConfigFile } from "./contract/config-file.ts";
import type { ConfigPushAnswer } from "./contract/status.ts";
import { closeRemoved, type Wiring, wire } from "./wiring.ts";

type Dependencies = {
  readonly store: ConfigStore;
  readonly secretsDir: string;
  readonly clock: Clock;
  /** Called with each document that begins to run. */
  readonly onRunning: (config: ConfigFile) => void;
};

/** The config that runs and its wiring. Pushed documents are taken one at a time. */
export class RunningConfig {
  readonly #dependencies: Dependencies;
  #wiring: Wiring;
  #unknownFields: readonly string[];
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    start: { readonly config: ConfigFile; readonly unknownFields: readonly string[] },
    dependencies: Dependencies,
  ) {
    this.#dependencies = dependencies;
    this.#unknownFields = start.unknownFields;
    this.#wiring = wire(start.config, undefined, dependencies);
    dependencies.onRunning(start.config);
  }

  get wiring(): Wiring {
    return this.#wiring;
  }

  get unknownFields(): readonly string[] {
    return this.#unknownFields;
  }

  /**
   * Takes a pushed document, or says why not; the running one then stays. An accepted one is on disk, and what it removed
   * is closed, before it is confirmed.
   */
  push(document: unknown): Promise<ConfigPushAnswer> {
    const answer = this.#last.then(() => this.#take(document));
    this.#last = answer.catch(() => {});
    return answer;
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await this.#last;
    await closeRemoved(this.#wiring, undefined);
  }

  async #take(document: unknown): Promise<ConfigPushAnswer> {
    const parsed = parseConfigFile(document);
    if (parsed.kind === "invalid") return this.#answer("refused", parsed.problems);
    const running = this.#wiring.config;
    const foreign = (["cluster", "sequencer"] as const).filter((key) => parsed.config[key] !== running[key]);
    if (foreign.length > 0) {
      return this.#answer(
        "refused",
        foreign.map((key) => ({
          path: key,
          found: JSON.stringify(parsed.config[key]),
          allowed: `${JSON.stringify(running[key])}: this is its proxy`,
        })),
      );
    }
    const verdict = revisionVerdict(running, parsed.config);
    if (verdict === "accepted") await this.#run(parsed.config, parsed.unknownFields);
    return this.#answer(verdict, []);
  }

  async #run(config: ConfigFile, unknownFields: readonly string[]): Promise<void> {
    await this.#dependencies.store.write(config);
    const before = this.#wiring;
    this.#wiring = wire(config, before, this.#dependencies);
    this.#unknownFields = unknownFields;
    this.#dependencies.onRunning(config);
    if (config.executionMode === "disabled") for (const builder of this.#wiring.builders) builder.lane.clear();
    await closeRemoved(before, this.#wiring);
  }

  #answer(
    outcome: ConfigPushAnswer["outcome"],
    problems: ConfigPushAnswer["problems"] | readonly ConfigPushAnswer["problems"][number][],
  ): ConfigPushAnswer {
    return {
      outcome,
      revision: this.#wiring.config.revision,
      problems: [...problems],
      unknownFields: [...this.#unknownFields],
    };
  }
}
