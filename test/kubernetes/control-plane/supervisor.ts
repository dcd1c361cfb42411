import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A program that must not outlive this process. */
export type SupervisedProgram = {
  readonly name: string;
  readonly command: readonly string[];
  readonly logFile: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
};

const LOG_LINES_SHOWN = 20;

/** Runs programs that end with this process, however that ends: a process in between holds a pipe from here. */
export class Supervisor {
  readonly #process: ChildProcess;
  readonly #programs = new Map<string, SupervisedProgram>();
  readonly #exits = new Map<string, string>();
  readonly #waiting = new Map<string, (exit: string) => void>();

  /** `folder` is removed at the end. */
  constructor(folder?: string) {
    // Detached: Ctrl-C in a terminal reaches the test run, which closes this in order, and not this.
    this.#process = spawn(
      process.execPath,
      [join(import.meta.dirname, "supervisor-process.ts"), ...(folder === undefined ? [] : [folder])],
      { stdio: ["pipe", "pipe", "inherit"], detached: true },
    );
    if (this.#process.stdout === null) throw new Error("the supervisor has no output");
    createInterface({ input: this.#process.stdout }).on("line", (line) => {
      const { name, exit } = JSON.parse(line) as { name: string; exit: string };
      this.#exits.set(name, exit);
      this.#waiting.get(name)?.(exit);
    });
  }

  start(program: SupervisedProgram): void {
    this.#programs.set(program.name, program);
    this.#exits.delete(program.name);
    this.#process.stdin?.write(`${JSON.stringify(program)}\n`);
  }

  /** Ends a program by SIGKILL, and returns when it has ended. */
  async kill(name: string): Promise<void> {
    this.#process.stdin?.write(`${JSON.stringify({ kill: name })}\n`);
    await this.ended(name);
  }

  /** How the program ended (`exit code 1`, `SIGKILL`), once it has. */
  ended(name: string): Promise<string> {
    const exit = this.#exits.get(name);
    return exit !== undefined
      ? Promise.resolve(exit)
      : new Promise((resolve) => {
          this.#waiting.set(name, resolve);
        });
  }

  /** Throws with the last lines of its log when one of the programs has ended. */
  throwIfEnded(): void {
    for (const [name, exit] of this.#exits) throw new Error(`${name} ended (${exit}):\n${this.lastLogLines(name)}`);
  }

  lastLogLines(name: string): string {
    const program = this.#programs.get(name);
    if (program === undefined) return "";
    return readFileSync(program.logFile, "utf8").trim().split("\n").slice(-LOG_LINES_SHOWN).join("\n");
  }

  /** Ends everything and returns when it is gone. */
  async close(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    this.#process.stdin?.end();
    await once(this.#process, "exit");
  }
}
