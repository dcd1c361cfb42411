import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Enough for a Go panic's first stack and for op-node's last words. */
const LOG_TAIL_LINES = 20;

/** What runs: a name for errors and the log file, and the command line. */
export type Command = { readonly name: string; readonly file: string; readonly args: readonly string[] };

/** A running program. */
export type Program = {
  readonly name: string;
  /** Sends a signal: SIGSTOP makes it hang with its sockets open. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it at once and resolves when it is gone. Its end is then no failure. */
  kill(): Promise<void>;
};

/**
 * The programs of one run and their scratch folder. Disposing it ends all of them; if this process dies first, the
 * reaper does. An ended program that nobody killed is a failure that every wait should look at.
 */
export class Programs implements AsyncDisposable {
  readonly folder: string;
  readonly #reaper: ChildProcess;
  readonly #reaperEnded: Promise<unknown>;
  readonly #running = new Set<Program>();
  #failure: Error | undefined;

  private constructor(folder: string) {
    this.folder = folder;
    mkdirSync(join(folder, "log"));
    this.#reaper = spawn(process.execPath, [fileURLToPath(new URL("./reaper.ts", import.meta.url)), folder], {
      stdio: ["pipe", "ignore", "inherit"],
      // Its own process group, so that what kills ours does not kill it.
      detached: true,
    });
    this.#reaperEnded = once(this.#reaper, "exit");
  }

  static async create(): Promise<Programs> {
    return new Programs(await mkdtemp(join(tmpdir(), "rollup-boost-e2e-")));
  }

  /** Starts a program with its output in `log/NAME.log` and an open stdin, for programs that exit with their parent. */
  start(command: Command): Program {
    const log = openSync(this.#logFile(command.name), "a");
    const child = spawn(command.file, command.args, { cwd: this.folder, stdio: ["pipe", log, log] });
    closeSync(log);
    const { pid } = child;
    if (pid !== undefined) this.#reaper.stdin?.write(`+${pid}\n`);
    let killed = false;
    const ended = new Promise<void>((resolve) => {
      child.once("error", (error) => {
        this.#failure ??= new Error(`${command.name} did not start (${command.file})`, { cause: error });
        resolve();
      });
      child.once("exit", (code, signal) => {
        this.#reaper.stdin?.write(`-${pid}\n`);
        this.#running.delete(program);
        if (!killed) this.#failure ??= this.#endedByItself(command.name, code ?? signal);
        resolve();
      });
    });
    const program: Program = {
      name: command.name,
      signal: (signal) => child.kill(signal),
      kill: async () => {
        killed = true;
        child.kill("SIGKILL");
        await ended;
      },
    };
    this.#running.add(program);
    return program;
  }

  /** The first program that ended or did not start although nobody asked it to, with its last log lines. */
  readonly failure = (): Error | undefined => this.#failure;

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#running].map((program) => program.kill()));
    this.#reaper.stdin?.end();
    await this.#reaperEnded;
  }

  #endedByItself(name: string, how: number | string | null): Error {
    const lines = readFileSync(this.#logFile(name), "utf8").trimEnd().split("\n").slice(-LOG_TAIL_LINES);
    return new Error(`${name} ended by itself (${how}); its last words:\n${lines.join("\n")}`);
  }

  #logFile(name: string): string {
    return join(this.folder, "log", `${name}.log`);
  }
}
