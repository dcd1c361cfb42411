import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BoundedLogFile } from "./bounded-log-file.ts";
import type { ProxyPorts } from "./port-book.ts";
import type { SequencerFolder } from "./state-folder.ts";

const PROXY_MAIN = fileURLToPath(new URL("../../proxy/main.ts", import.meta.url));

const RESTART_AFTER_MS_MIN = 250;
const RESTART_AFTER_MS_MAX = 5_000;

/** A process that ran for this long had started well: the next restart is quick again. */
const RAN_WELL_MS = 10_000;

/** After SIGTERM; nobody routes new calls here meanwhile, so the proxy is told not to drain for long. */
const STOP_DEADLINE_MS = 5_000;

/** The last words of a process that died: enough for every problem of a config document. */
const LAST_WORDS_LENGTH_MAX = 2_000;

type Options = {
  readonly folder: SequencerFolder;
  readonly ports: ProxyPorts;
  readonly logLevel: string;
};

/** One proxy as a child process: restarted when it dies, ended with this process, also when that is killed. */
export class ProxyProcess {
  readonly #options: Options;
  readonly #onDeath: (problem: string) => void;
  readonly #log: BoundedLogFile;
  #child: ChildProcess | undefined;
  #restart: NodeJS.Timeout | undefined;
  #restartAfterMs = RESTART_AFTER_MS_MIN;
  #problem: string | undefined;
  #stopped = false;

  constructor(options: Options, dependencies: { readonly onDeath: (problem: string) => void }) {
    this.#options = options;
    this.#onDeath = dependencies.onDeath;
    this.#log = new BoundedLogFile(options.folder.logFile);
    this.#start();
  }

  /** Undefined while the proxy is dead, or could not be started. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Why it is not running; undefined while it runs. */
  get problem(): string | undefined {
    return this.#child === undefined ? this.#problem : undefined;
  }

  /** Ends the proxy and waits for it; killed when it does not end by itself. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#restart);
    const child = this.#child;
    if (child === undefined) return;
    const exited = new Promise<void>((resolve) => child.once("close", () => resolve()));
    child.kill("SIGTERM");
    const kill = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
    await exited;
    clearTimeout(kill);
  }

  #start(): void {
    const { folder, ports, logLevel } = this.#options;
    rmSync(join(folder.proxyStateDir, "listening.json"), { force: true });
    const startedAtMs = performance.now();
    let lastWords = "";
    // Its own group: Ctrl-C is for the operator, which then ends it. Standard input: --exit-with-parent watches it close.
    const child = spawn(process.execPath, [PROXY_MAIN, ...proxyArguments(folder, ports, logLevel)], {
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#child = child;
    child.stdin.on("error", () => undefined);
    child.stdout.on("data", (chunk: Buffer) => this.#log.append(chunk));
    child.stderr.on("data", (chunk: Buffer) => {
      this.#log.append(chunk);
      lastWords = (lastWords + chunk.toString("utf8")).slice(-LAST_WORDS_LENGTH_MAX);
    });
    child.once("error", (error) => {
      lastWords = error.message;
    });
    child.once("close", (code, signal) => {
      this.#child = undefined;
      if (this.#stopped) return;
      this.#restartAfterMs =
        performance.now() - startedAtMs >= RAN_WELL_MS ? RESTART_AFTER_MS_MIN : this.#restartAfterMs;
      const how = signal === null ? `exited with code ${code}` : `was ended by ${signal}`;
      const why = lastWords.trim().replaceAll("\n", "; ");
      this.#problem = `${how}${why === "" ? "" : `: ${why}`}; started again after ${this.#restartAfterMs} ms; its log: ${folder.logFile}`;
      this.#restart = setTimeout(() => this.#start(), this.#restartAfterMs);
      this.#restartAfterMs = Math.min(this.#restartAfterMs * 2, RESTART_AFTER_MS_MAX);
      this.#onDeath(this.#problem);
    });
  }
}

const proxyArguments = (folder: SequencerFolder, ports: ProxyPorts, logLevel: string): readonly string[] => [
  `--config=${folder.configFile}`,
  `--secrets-dir=${folder.secretsDir}`,
  `--state-dir=${folder.proxyStateDir}`,
  "--host=127.0.0.1",
  `--engine-port=${ports.engine}`,
  `--rpc-port=${ports.rpc}`,
  `--admin-port=${ports.admin}`,
  "--debug-port=0",
  "--drain-seconds=0",
  `--log-level=${logLevel}`,
  "--exit-with-parent",
];
