import { readFile } from "node:fs/promises";
import { expect } from "vitest";
import { collectionPath, resources } from "../../../operator/kubernetes/resources.ts";
import type { ProxyStatus } from "../../../proxy/contract/status.ts";
import { startExecutionClient } from "../../devnet/execution-client.ts";
import { until } from "../../devnet/until.ts";
import { clusterManifest, JWT_SECRET, secretManifest, sequencerManifest } from "./cluster-manifest.ts";
import { startKubelet } from "./kubelet-stand-in.ts";
import { LEASE, type OperatorProcess, type OperatorProcessOptions, startOperatorProcess } from "./operator-process.ts";
import { statusOf } from "./proxy-status.ts";
import { type TestSpace, testSpace } from "./test-space.ts";

const CHILDREN = [resources.deployments, resources.services, resources.configMaps, resources.secrets];

/** The one that waits saw the last renewal up to two attempts late; the rest is for a slow machine. */
const TAKEOVER_MS = (LEASE.seconds + 2 * LEASE.retrySeconds + 3) * 1_000;

/** What runs the pods of a test, and what their proxies say of themselves. */
type Proxies = AsyncDisposable & { readonly statuses: () => Promise<readonly ProxyStatus[]> };

/** The real proxy in every pod. */
export function realProxies(space: TestSpace): Proxies {
  const kubelet = startKubelet(space);
  return {
    statuses: () => Promise.all([...kubelet.pods.values()].map(statusOf)),
    [Symbol.asyncDispose]: () => kubelet[Symbol.asyncDispose](),
  };
}

/** One cluster of two sequencers and their proxies; operators are started by the test. */
export async function startLeaseWorld<P extends Proxies>(startProxies: (space: TestSpace) => P) {
  const stack = new AsyncDisposableStack();
  const space = stack.use(await testSpace());
  const executionClient = stack.use(await startExecutionClient({ name: "execution-client", jwtSecret: JWT_SECRET }));
  await space.apply(secretManifest("engine-jwt", { "jwt.hex": JWT_SECRET }));
  const proxies = stack.use(startProxies(space));
  const sequencers = ["sequencer-0", "sequencer-1"].map((name) => sequencerManifest(name, executionClient));
  await space.apply(clusterManifest({ sequencers }));

  const start = async (options: OperatorProcessOptions): Promise<OperatorProcess> =>
    stack.use(await startOperatorProcess(space, options));
  const holder = async (): Promise<string> => {
    const lease = await space.get(resources.leases, LEASE.name);
    return (lease?.spec as { readonly holderIdentity?: string } | undefined)?.holderIdentity ?? "";
  };
  /** Everything about the cluster and its children, who wrote what included. */
  const objects = async (): Promise<unknown> => {
    const lists = await Promise.all(
      [resources.clusters, ...CHILDREN].map((resource) =>
        space.client.list(collectionPath(resource, space.namespace), {}),
      ),
    );
    return lists.flatMap(({ items }) => items.filter(({ metadata }) => metadata.name.startsWith("base")));
  };
  const heldBy = ({ name }: Pick<OperatorProcess, "name">, withinMs: number): Promise<true> =>
    until(
      `${name} holds the lease`,
      async () => ((await holder()).startsWith(`${name}_`) ? true : undefined),
      withinMs,
    );
  const proxiesRun = (mode: "enabled" | "disabled", withinMs: number): Promise<true> =>
    until(
      `every proxy ${mode}`,
      async () => {
        const seen = await proxies.statuses().catch(() => []);
        return seen.length >= 2 && seen.every(({ executionMode }) => executionMode === mode) ? true : undefined;
      },
      withinMs,
    );
  const patch = (spec: object): Promise<string> =>
    space.kubectl("patch", "rbc/base", "--type=merge", "-p", JSON.stringify({ spec }));
  const setMode = (executionMode: "enabled" | "disabled"): Promise<string> => patch({ executionMode });
  return {
    space,
    proxies,
    start,
    holder,
    heldBy,
    objects,
    patch,
    /** Both, the first one holds the lease; the cluster is ready. */
    startBoth: async (
      options: {
        readonly first?: Partial<OperatorProcessOptions>;
        readonly second?: Partial<OperatorProcessOptions>;
      } = {},
    ) => {
      const first = await start({ name: "first", ...options.first });
      await heldBy(first, 20_000);
      const second = await start({ name: "second", ...options.second });
      await until(
        "the second stands by",
        async () => ((await second.log()).includes("standing by") ? true : undefined),
        20_000,
      );
      await space.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "rbc/base");
      expect(await holder()).toMatch(/^first_/);
      return { first, second };
    },
    setMode,
    proxiesRun,
    /** Resolves when the other one acts, whatever became of the holder; rejects when that takes longer than a lease does. */
    takenOver: async (other: OperatorProcess): Promise<void> => {
      await heldBy(other, TAKEOVER_MS);
      await setMode("disabled");
      await proxiesRun("disabled", TAKEOVER_MS);
    },
    revisions: async () => (await proxies.statuses()).map(({ revision }) => revision),
    /** Nothing is written any more. */
    settled: async (): Promise<void> => {
      await space.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "rbc/base");
      const quietMs = 2_000;
      let last = "";
      let sinceMs = performance.now();
      await until(
        "nothing is written",
        async () => {
          const now = JSON.stringify(await objects());
          if (now !== last) sinceMs = performance.now();
          last = now;
          return performance.now() - sinceMs > quietMs ? true : undefined;
        },
        30_000,
      );
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Where the API server of this run listens. */
export async function apiServerPort({ kubeconfig }: TestSpace): Promise<number> {
  const port = /https:\/\/127\.0\.0\.1:(\d+)/.exec(await readFile(kubeconfig, "utf8"))?.[1];
  if (port === undefined) throw new Error("the API server of this run is not on 127.0.0.1");
  return Number(port);
}
