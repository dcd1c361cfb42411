import type { Logger } from "pino";
import type { Clock } from "./clock.ts";
import type { ConfigFile } from "./contract/config-file.ts";
import { problemText } from "./contract/problems.ts";
import { LOOK_AGAIN_MS, WatchedFile } from "./engine-api/watched-file.ts";
import type { RunningConfig } from "./running-config.ts";
import type { Wiring } from "./wiring.ts";

/** As `PUT /config` takes. */
const CONFIG_FILE_BYTES_MAX = 1024 * 1024;

type Dependencies = {
  readonly running: Pick<RunningConfig<ConfigFile, Wiring>, "push" | "lookAgain" | "fileProblems">;
  readonly clock: Clock;
  readonly log: Logger;
};

/**
 * Watches the config file and takes it as a push when it changes: a document with a higher revision runs, any other leaves
 * things as they are. What is wrong with it, and with the secrets' and certificates' files, is logged once, when it comes.
 */
export class FileWatch {
  readonly #file: WatchedFile | undefined;
  readonly #dependencies: Dependencies;
  #configProblems: readonly string[] = [];
  #logged: ReadonlySet<string> = new Set();
  #cancel: () => void = () => {};
  #isClosed = false;

  /** `path`: the config file; undefined where there is none to watch. */
  constructor(path: string | undefined, dependencies: Dependencies) {
    this.#dependencies = dependencies;
    this.#file =
      path === undefined
        ? undefined
        : new WatchedFile(path, { clock: dependencies.clock, bytesMax: CONFIG_FILE_BYTES_MAX });
    this.#again();
  }

  /** What is wrong with the files now. */
  get problems(): readonly string[] {
    return [...this.#configProblems, ...this.#dependencies.running.fileProblems()];
  }

  /** Reads everything again at once, changed or not. */
  async reload(): Promise<void> {
    this.#file?.forget();
    this.#dependencies.running.lookAgain();
    await this.#look();
  }

  /** Looks no more. */
  close(): void {
    this.#isClosed = true;
    this.#cancel();
  }

  #again(): void {
    this.#cancel = this.#dependencies.clock.after(LOOK_AGAIN_MS, async () => {
      await this.#look();
      if (!this.#isClosed) this.#again();
    });
  }

  async #look(): Promise<void> {
    const look = this.#file?.lookNow() ?? { kind: "same" };
    if (look.kind === "unreadable") this.#configProblems = [`${this.#file?.path}: cannot be read`];
    if (look.kind === "changed") {
      this.#configProblems = (await this.#take(look.text)).map((problem) => `${this.#file?.path}: ${problem}`);
    }
    const { problems } = this;
    for (const problem of problems)
      if (!this.#logged.has(problem)) this.#dependencies.log.error({ problem }, "bad file");
    this.#logged = new Set(problems);
  }

  async #take(text: string): Promise<readonly string[]> {
    let document: unknown;
    try {
      document = JSON.parse(text);
    } catch {
      return ["not JSON"];
    }
    try {
      const { outcome, revision, problems } = await this.#dependencies.running.push(document);
      return outcome === "conflict"
        ? [`revision ${revision} runs with other content: a changed document needs a higher revision`]
        : problems.map(problemText);
    } catch (error) {
      return [`cannot be kept: ${error instanceof Error ? error.message : String(error)}`];
    }
  }
}
