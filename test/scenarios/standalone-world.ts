import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { z } from "zod";
import { ClusterStatus } from "../../operator/api/cluster-status.ts";
import { ProxyStatus } from "../../proxy/contract/status.ts";
import { Raft, startConductor } from "../devnet/conductor.ts";
import { startExecutionClient } from "../devnet/execution-client.ts";
import { until } from "../devnet/until.ts";
import { freePortBlock } from "../e2e/processes/free-ports.ts";

const OPERATOR_MAIN = new URL("../../operator/main.ts", import.meta.url).pathname;
const JWT_SECRET = "5".repeat(64);
const CLUSTER = "devnet";

/** The names of the two sequencers. */
export const SEQUENCERS = ["sequencer-0", "sequencer-1"] as const;
type Sequencer = (typeof SEQUENCERS)[number];

const StatusFile = z.object({
  status: ClusterStatus,
  proxies: z.array(
    z.object({ sequencer: z.string(), engineUrl: z.string(), adminUrl: z.string(), pid: z.int().optional() }),
  ),
});

/** Two sequencers of simulated clients, and the operator in standalone mode as a process of its own, which runs their proxies. */
export async function startStandaloneWorld() {
  const dir = await mkdtemp(join(tmpdir(), "rollup-boost-standalone-"));
  const basePort = await freePortBlock(20);
  const raft = new Raft([...SEQUENCERS]);
  const executionClients = await Promise.all(
    SEQUENCERS.map((name) => startExecutionClient({ name, jwtSecret: JWT_SECRET })),
  );
  const conductors = await Promise.all(SEQUENCERS.map((name) => startConductor({ name, raft })));
  const file = join(dir, "cluster.yaml");
  const stateDir = join(dir, "state");
  let operator: ChildProcess | undefined;
  let output = "";

  const spec = {
    topology: "OneToOne",
    executionMode: "enabled",
    sequencers: SEQUENCERS.map((name, index) => ({
      name,
      executionClient: {
        url: executionClients[index]?.engineUrl,
        rpcUrl: executionClients[index]?.rpcUrl,
        jwtSecretRef: { name: "engine-jwt", key: "jwt.hex" },
      },
      conductor: { url: conductors[index]?.url, raftServerId: name },
      builder: `builder-${index}`,
    })),
    builders: SEQUENCERS.map((_, index) => ({
      name: `builder-${index}`,
      url: "http://127.0.0.1:1",
      jwtSecretRef: { name: "engine-jwt", key: "jwt.hex" },
    })),
  };
  const write = (changes: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "engine-jwt" },
      stringData: { "jwt.hex": JWT_SECRET },
    };
    const apiVersion = "rollup-boost.dev/v1alpha1";
    const cluster = {
      apiVersion,
      kind: "RollupBoostCluster",
      metadata: { name: CLUSTER },
      spec: { ...spec, ...changes },
    };
    return writeFile(file, `${stringify(secret)}---\n${stringify(cluster)}`);
  };
  const start = (): void => {
    const options = ["--spawn", `--state-dir=${stateDir}`, `--base-port=${basePort}`, "--exit-with-parent"];
    operator = spawn(process.execPath, [OPERATOR_MAIN, "standalone", "-f", file, ...options], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    const keep = (chunk: Buffer): void => {
      output += chunk.toString("utf8");
    };
    operator.stdout?.on("data", keep);
    operator.stderr?.on("data", keep);
  };
  const statusFile = async () =>
    StatusFile.safeParse(JSON.parse(await readFile(join(stateDir, CLUSTER, "status.json"), "utf8").catch(() => "null")))
      .data;
  const adminUrl = (sequencer: Sequencer): string =>
    `http://127.0.0.1:${basePort + 10 * SEQUENCERS.indexOf(sequencer) + 2}`;
  const proxy = (sequencer: Sequencer): Promise<ProxyStatus | undefined> =>
    fetch(`${adminUrl(sequencer)}/status`, { signal: AbortSignal.timeout(1_000) })
      .then(async (response) => ProxyStatus.parse(await response.json()))
      .catch(() => undefined);

  await write();
  start();
  return {
    raft,
    /** Everything the operator printed. */
    output: () => output,
    /** Replaces fields of the cluster's spec in the manifest file. */
    edit: write,
    startOperator: start,
    /** Sends a signal (or ends standard input) and waits until the operator is gone; its exit code, null for SIGKILL. */
    async endOperator(how: "SIGTERM" | "SIGKILL" | "stdin"): Promise<number | null> {
      const child = operator;
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return null;
      const exited = once(child, "exit");
      if (how === "stdin") child.stdin?.end();
      else child.kill(how);
      const [code] = await exited;
      return code;
    },
    proxy,
    /** The operator's status once `ready`; rejects with what the operator printed. */
    status: (what: string, isReached: (status: ClusterStatus) => boolean, withinMs = 15_000): Promise<ClusterStatus> =>
      until(
        what,
        async () => {
          const status = (await statusFile())?.status;
          return status !== undefined && isReached(status) ? status : undefined;
        },
        withinMs,
      ).catch((error: Error) => {
        throw new Error(`${error.message}\n${output}`);
      }),
    pidOf: async (sequencer: Sequencer): Promise<number | undefined> =>
      (await statusFile())?.proxies.find((found) => found.sequencer === sequencer)?.pid,
    /** Resolves when no proxy answers any more. */
    proxiesGone: () =>
      until("no proxy is left", async () =>
        (await Promise.all(SEQUENCERS.map(proxy))).every((status) => status === undefined) ? true : undefined,
      ),
    [Symbol.asyncDispose]: async (): Promise<void> => {
      operator?.kill("SIGKILL");
      await Promise.all([...executionClients, ...conductors].map((part) => part[Symbol.asyncDispose]()));
      await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

/** Whether a condition of the status is true. */
export const isTrue = (status: ClusterStatus, type: string): boolean =>
  status.conditions?.some((condition) => condition.type === type && condition.status === "True") ?? false;
