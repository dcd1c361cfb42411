import { type ChildProcess, spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** How long the operator may take to end itself and its proxies. */
const STOP_MS = 8_000;
const LOG_LINES_SHOWN = 8;

/** The operator as a child process that ends with this one, even when this one is killed: its stdin closes then. */
export class OperatorProcess implements AsyncDisposable {
  readonly logFile: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  #end: string | undefined;

  constructor(args: readonly string[], folder: string) {
    const main = join(import.meta.dirname, "../../../operator/main.ts");
    this.logFile = join(folder, "operator.log");
    const log = openSync(this.logFile, "a");
    this.#child = spawn(process.execPath, [main, ...args], { stdio: ["pipe", log, log] });
    this.#ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(error.message));
      this.#child.once("exit", (code, signal) => resolve(code === null ? `by ${signal}` : `with exit code ${code}`));
    });
    void this.#ended.then((end) => {
      this.#end = end;
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** How it ended; undefined while it runs. */
  get end(): string | undefined {
    return this.#end;
  }

  /** The end of its log, for an error message. */
  lastWords(): string {
    return readFileSync(this.logFile, "utf8").trimEnd().split("\n").slice(-LOG_LINES_SHOWN).join("\n");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    this.#child.kill("SIGTERM");
    const impatient = setTimeout(() => this.#child.kill("SIGKILL"), STOP_MS);
    await this.#ended;
    clearTimeout(impatient);
  }
}
