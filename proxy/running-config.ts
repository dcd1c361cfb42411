import { revisionVerdict } from "./config-revision.ts";
import type { ConfigStore, ValidConfig } from "./config-store.ts";
import type { BalancerConfig, ConfigFile, ExecutionMode, ParsedConfig } from "./contract/config-file.ts";
import type { ConfigPushAnswer } from "./contract/status.ts";
import { stricterMode } from "./execution-mode.ts";
import type { BuilderWiring } from "./wiring.ts";

type Dependencies<Config, Wired> = {
  readonly store: Pick<ConfigStore<Config>, "write">;
  readonly parse: (document: unknown) => ParsedConfig<Config>;
  /** The parts a document means; those of the wiring before that did not change are kept. */
  readonly wire: (config: Config, before: Wired | undefined) => Wired;
  /** Ends what `before` had and `after` has not; `after` undefined: the process ends. */
  readonly closeRemoved: (before: Wired, after: Wired | undefined) => Promise<void>;
  /** Called with each document that begins to run. */
  readonly onRunning: (config: Config) => void;
  /** Called when the config's hand on the execution mode may hold another one. */
  readonly onMode: () => void;
};

/** The config that runs and its wiring. Pushed documents are taken one at a time. */
export class RunningConfig<Config extends ConfigFile | BalancerConfig, Wired extends BuilderWiring<Config>> {
  readonly #dependencies: Dependencies<Config, Wired>;
  #wiring: Wired;
  #unknownFields: readonly string[];
  #last: Promise<unknown> = Promise.resolve();
  /** The mode of a document that closes more than the running one and is not on disk (yet). */
  #closing: ExecutionMode | undefined;
  #notKept: string | undefined;

  constructor(start: Omit<ValidConfig<Config>, "kind">, dependencies: Dependencies<Config, Wired>) {
    this.#dependencies = dependencies;
    this.#unknownFields = start.unknownFields;
    this.#wiring = dependencies.wire(start.config, undefined);
    dependencies.onRunning(start.config);
  }

  get wiring(): Wired {
    return this.#wiring;
  }

  get unknownFields(): readonly string[] {
    return this.#unknownFields;
  }

  /** What the config's hand holds: the running document's mode, or a stricter one of a document that could not be kept. */
  get executionMode(): ExecutionMode {
    return stricterMode(this.#wiring.config.executionMode, this.#closing);
  }

  /** Why a restart would forget what the config's hand holds; undefined where it is on disk. */
  get notKept(): string | undefined {
    return this.#notKept;
  }

  /**
   * Takes a pushed document, or says why not; the running one then stays. An accepted one is on disk, and what it removed
   * is closed, before it is confirmed: a restart must not revive a wiring that another proxy was told is gone. So a disk
   * that cannot be written refuses it, but a stricter execution mode of it counts at once and stays.
   */
  push(document: unknown): Promise<ConfigPushAnswer> {
    const answer = this.#last.then(() => this.#take(document));
    this.#last = answer.catch(() => {});
    return answer;
  }

  /** Secrets and certificates are read again with their next use. */
  lookAgain(): void {
    for (const file of [...this.#wiring.secretFiles.values(), ...this.#wiring.caFiles.values()]) file.forget();
  }

  /** What is wrong with the files the wiring reads, each with its path. */
  fileProblems(): readonly string[] {
    const { secretFiles, caFiles } = this.#wiring;
    return [...secretFiles.values(), ...caFiles.values()].flatMap((file) => file.problem() ?? []);
  }

  /** Ends every connection. */
  async close(): Promise<void> {
    await this.#last;
    await this.#dependencies.closeRemoved(this.#wiring, undefined);
  }

  async #take(document: unknown): Promise<ConfigPushAnswer> {
    const parsed = this.#dependencies.parse(document);
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
    if (verdict !== "accepted") return this.#answer(verdict, []);
    const notKept = await this.#run(parsed, document);
    if (notKept === undefined) return this.#answer(verdict, []);
    const found = `a state folder that cannot keep it: ${notKept}`;
    const problem = { path: "", found, allowed: "room to write it; then again" };
    return { ...this.#answer("refused", [problem]), notKept };
  }

  /** Runs a document; where it cannot be kept, only its stricter execution mode, and says why. */
  async #run({ config, unknownFields }: ValidConfig<Config>, document: unknown): Promise<string | undefined> {
    if (stricterMode(this.executionMode, config.executionMode) !== this.executionMode) {
      this.#closing = config.executionMode;
      this.#notKept = "not written yet";
      this.#dependencies.onMode();
    }
    const notKept = await this.#dependencies.store.write(document);
    if (notKept !== undefined) {
      if (this.#closing !== undefined) this.#notKept = notKept;
      return notKept;
    }
    this.#closing = undefined;
    this.#notKept = undefined;
    const before = this.#wiring;
    this.lookAgain();
    this.#wiring = this.#dependencies.wire(config, before);
    this.#unknownFields = unknownFields;
    this.#dependencies.onRunning(config);
    this.#dependencies.onMode();
    await this.#dependencies.closeRemoved(before, this.#wiring);
    return undefined;
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
