import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../../..");

/** Linux counts CPU time in hundredths of a second, on every architecture Node runs on. */
const TICKS_PER_SECOND = 100;

type Usage = { readonly cpuSeconds: number; readonly rssMiB: number };

export type OperatorProcess = AsyncDisposable & {
  /** CPU time so far and memory now. Throws when the process has ended. */
  readonly usage: () => Usage;
};

/** How the image starts the operator: node's own arguments, then the program. */
function entrypoint(): readonly string[] {
  const dockerfile = readFileSync(join(ROOT, "Dockerfile.operator"), "utf8");
  const [, ...args]: readonly string[] = JSON.parse(/^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)?.[1] ?? "[]");
  return args;
}

/** The real operator as a process of its own. It ends with the bench; what it says goes to `logFile`. */
export function startOperator(kubeconfig: string, logFile: string, nodeArguments: readonly string[]): OperatorProcess {
  const child = spawn(
    process.execPath,
    [...nodeArguments, ...entrypoint(), "run", "--kubeconfig", kubeconfig, "--proxy-image", "rollup-boost-proxy:bench"],
    { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] },
  );
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  return {
    usage: () => {
      if (child.exitCode !== null || child.pid === undefined) {
        throw new Error(
          `the operator ended (exit code ${child.exitCode}):\n${readFileSync(logFile, "utf8").slice(-2_000)}`,
        );
      }
      return usageOf(child.pid);
    },
    [Symbol.asyncDispose]: async () => {
      process.off("exit", kill);
      if (child.exitCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGTERM");
      await exited;
    },
  };
}

function usageOf(pid: number): Usage {
  // The second field is the program's name in brackets and may hold anything.
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const rssKiB = Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    rssMiB: rssKiB / 1_024,
  };
}
