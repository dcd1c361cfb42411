import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { until } from "../../devnet/until.ts";
import { Supervisor } from "../control-plane/supervisor.ts";
import { PROXY_IMAGE } from "./operator-in-process.ts";
import type { TestSpace } from "./test-space.ts";

const MAIN = join(import.meta.dirname, "../../../operator/main.ts");

/** Short, so that tests are; the machine may be slow, so not shorter. */
export const LEASE = { seconds: 6, renewSeconds: 4, retrySeconds: 1, name: "rollup-boost-operator" };

export type OperatorProcessOptions = {
  /** Begins the identity it has in the Lease. */
  readonly name: string;
  /** Where it finds the API server; default: directly. */
  readonly apiServerPort?: number;
  /** How it finds and reaches the API server; default: as the test does. */
  readonly kubeconfig?: string;
  readonly proxyImage?: string;
};

/** The real command as a process of its own, one of several replicas, until it is disposed. */
export type OperatorProcess = AsyncDisposable & {
  readonly name: string;
  readonly signal: (signal: "SIGKILL" | "SIGTERM" | "SIGSTOP" | "SIGCONT") => void;
  /** How it ended: `exit code 1`, `SIGKILL`. */
  readonly ended: Promise<string>;
  readonly log: () => Promise<string>;
};

/** Starts `run` for the namespace of a test, with the Lease there. */
export async function startOperatorProcess(
  space: TestSpace,
  options: OperatorProcessOptions,
): Promise<OperatorProcess> {
  const { name, apiServerPort, proxyImage = PROXY_IMAGE } = options;
  const file = (suffix: string): string => join(space.folder, `${name}.${suffix}`);
  const supervisor = new Supervisor();
  const kubeconfig = await kubeconfigFor(options.kubeconfig ?? space.kubeconfig, apiServerPort);
  await writeFile(file("kubeconfig"), kubeconfig);
  const run = [process.execPath, MAIN, "run", "--kubeconfig", file("kubeconfig"), "--namespace", space.namespace];
  const lease = [
    ...["--lease-namespace", space.namespace, "--lease-seconds", `${LEASE.seconds}`],
    ...["--renew-seconds", `${LEASE.renewSeconds}`, "--retry-seconds", `${LEASE.retrySeconds}`],
  ];
  supervisor.start({
    name,
    command: ["sh", "-c", 'echo $$ > "$0"; exec "$@"', file("pid"), ...run, ...lease, "--proxy-image", proxyImage],
    logFile: file("log"),
    env: { POD_NAME: name },
  });
  const readPid = async (): Promise<number | undefined> =>
    Number((await readFile(file("pid"), "utf8").catch(() => "")).trim()) || undefined;
  const pid = await until(`${name} to start`, readPid);
  return {
    name,
    signal: (signal) => void process.kill(pid, signal),
    ended: supervisor.ended(name),
    log: () => readFile(file("log"), "utf8"),
    [Symbol.asyncDispose]: () => supervisor.close(),
  };
}

async function kubeconfigFor(path: string, port: number | undefined): Promise<string> {
  const text = await readFile(path, "utf8");
  return port === undefined ? text : text.replace(/(https:\/\/127\.0\.0\.1):\d+/, `$1:${port}`);
}
