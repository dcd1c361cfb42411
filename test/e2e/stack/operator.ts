import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stringify } from "yaml";
import { ProxyStatus } from "../../../proxy/contract/status.ts";
import type { Programs } from "../processes/programs.ts";
import { waitUntil } from "../processes/wait-until.ts";

/** Two Node.js programs start, one after the other, on a machine that may be busy. */
const READY_DEADLINE_MS = 20_000;
const STATUS_TIMEOUT_MS = 2_000;

const OPERATOR_MAIN = join(import.meta.dirname, "../../../operator/main.ts");

/** As in the manifest. */
export type Timing = {
  readonly blockTimeMs: number;
  readonly builderDeadlineMs: number;
  readonly decisionDeadlineMs: number;
};

export type Upstream = { readonly engineUrl: string; readonly rpcUrl: string; readonly jwt: string };

/** The operator in standalone mode with the one proxy that it runs. */
export type Operator = {
  /** What op-node is pointed at. */
  readonly engineUrl: string;
  readonly proxyStatus: () => Promise<ProxyStatus>;
};

/** Writes the manifest, starts the operator on it and resolves when its proxy is ready. */
export async function startOperator(
  programs: Programs,
  options: {
    readonly executionClient: Upstream;
    readonly builder: Upstream;
    readonly timing: Timing;
    /** The first of three free ports: engine, rpc, admin. */
    readonly firstPort: number;
  },
): Promise<Operator> {
  const manifest = join(programs.folder, "cluster.yaml");
  await writeFile(manifest, clusterManifest(options));
  programs.start({
    name: "operator",
    file: process.execPath,
    args: [
      OPERATOR_MAIN,
      "standalone",
      `--file=${manifest}`,
      "--spawn",
      `--base-port=${options.firstPort}`,
      `--state-dir=${join(programs.folder, "operator")}`,
      "--exit-with-parent",
    ],
  });
  const adminUrl = `http://127.0.0.1:${options.firstPort + 2}`;
  const proxyStatus = async (): Promise<ProxyStatus> => {
    const response = await fetch(`${adminUrl}/status`, { signal: AbortSignal.timeout(STATUS_TIMEOUT_MS) });
    return ProxyStatus.parse(await response.json());
  };
  await waitUntil("the proxy is ready", async () => ((await proxyStatus()).ready ? true : undefined), {
    deadlineMs: READY_DEADLINE_MS,
    failure: programs.failure,
  });
  return { engineUrl: `http://127.0.0.1:${options.firstPort}`, proxyStatus };
}

function clusterManifest(options: {
  readonly executionClient: Upstream;
  readonly builder: Upstream;
  readonly timing: Timing;
}): string {
  const { executionClient, builder } = options;
  const cluster = {
    apiVersion: "rollup-boost.dev/v1alpha1",
    kind: "RollupBoostCluster",
    metadata: { name: "e2e" },
    spec: {
      topology: "OneToOne",
      executionMode: "enabled",
      sequencers: [
        {
          name: "sequencer-0",
          executionClient: {
            url: executionClient.engineUrl,
            rpcUrl: executionClient.rpcUrl,
            jwtSecretRef: { name: "execution-client", key: "jwt.hex" },
          },
          builder: "builder-0",
        },
      ],
      builders: [{ name: "builder-0", url: builder.engineUrl, jwtSecretRef: { name: "builder", key: "jwt.hex" } }],
      timing: options.timing,
    },
  };
  const secret = (name: string, jwt: string) => ({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name },
    stringData: { "jwt.hex": jwt },
  });
  return [cluster, secret("execution-client", executionClient.jwt), secret("builder", builder.jwt)]
    .map((document) => stringify(document))
    .join("---\n");
}
