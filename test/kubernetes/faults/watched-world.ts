import { expect } from "vitest";
import { resources } from "../../../operator/kubernetes/resources.ts";
import { until } from "../../devnet/until.ts";
import { clusterManifest, JWT_SECRET, secretManifest } from "../kit/cluster-manifest.ts";
import { startOperator } from "../kit/operator-in-process.ts";
import { type TestSpace, testSpace } from "../kit/test-space.ts";
import { type FaultyApi, startFaultyApi } from "./faulty-api.ts";

const CHILD = "base-sequencer-0";
const CONVERGED_MS = 40_000;
/** A look at a quiet operator takes this long: reconnects would show. */
const QUIET_MS = 1_500;

export type WatchedWorld = AsyncDisposable & {
  readonly space: TestSpace;
  readonly api: FaultyApi;
  readonly startOperator: () => void;
  /** Edits the cluster's spec; the answer is what its ConfigMap must say. */
  readonly edit: () => Promise<number>;
  /** Fails unless the ConfigMap says so in time. */
  readonly written: (edited: number) => Promise<void>;
  /** Fails unless the operator sees what happens and puts it right, with one watch per resource on one connection. */
  readonly expectConverged: (edited?: number) => Promise<void>;
};

/** A cluster, and an operator that reaches the API server through `api` only. */
export async function startWatchedWorld(kubeconfig?: string): Promise<WatchedWorld> {
  const stack = new AsyncDisposableStack();
  const space = stack.use(await testSpace(kubeconfig));
  const api = stack.use(await startFaultyApi(space));
  await space.apply(secretManifest("engine-jwt", { "jwt.hex": JWT_SECRET }));
  await space.apply(clusterManifest());
  let builderDeadlineMs = 100;
  const world: WatchedWorld = {
    space,
    api,
    startOperator: () => {
      stack.use(startOperator({ ...space, kubeconfig: api.kubeconfig }));
    },
    edit: async () => {
      builderDeadlineMs += 1;
      const patch = JSON.stringify({ spec: { timing: { builderDeadlineMs } } });
      await space.kubectl("patch", "rbc/base", "--type=merge", "-p", patch);
      return builderDeadlineMs;
    },
    written: (edited) => deadlineWritten(space, edited),
    expectConverged: async (edited) => {
      if (edited !== undefined) await deadlineWritten(space, edited);
      await deadlineWritten(space, await world.edit());
      await selectorRepaired(space);
      await oneWatchEach(api);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
  return world;
}

async function deadlineWritten(space: TestSpace, builderDeadlineMs: number): Promise<void> {
  await until(
    `the ConfigMap says ${builderDeadlineMs} ms`,
    async () => {
      const configMap = await space.get(resources.configMaps, CHILD);
      const data = configMap?.data as Readonly<Record<string, string>> | undefined;
      const document = JSON.parse(data?.["config.json"] ?? "{}");
      return document.timing?.builderDeadlineMs === builderDeadlineMs ? true : undefined;
    },
    CONVERGED_MS,
  );
}

/** Nothing but the watch of Services tells of it. */
async function selectorRepaired(space: TestSpace): Promise<void> {
  const selectorOf = async (): Promise<Readonly<Record<string, string>>> => {
    const spec = (await space.get(resources.services, CHILD))?.spec;
    return (spec as { readonly selector?: Readonly<Record<string, string>> } | undefined)?.selector ?? {};
  };
  await until("the Service", async () => ("rollup-boost.dev/sequencer" in (await selectorOf()) ? true : undefined));
  const patch = '{"spec":{"selector":{"rollup-boost.dev/sequencer":"other"}}}';
  await space.kubectl("patch", `service/${CHILD}`, "--type=merge", "-p", patch);
  await until(
    "the Service's selector put right",
    async () => ((await selectorOf())["rollup-boost.dev/sequencer"] === "sequencer-0" ? true : undefined),
    CONVERGED_MS,
  );
}

async function oneWatchEach({ proxy, network }: FaultyApi): Promise<void> {
  const watched = [
    ...new Set(proxy.calls.filter(({ query }) => query.has("watch")).map(({ path }) => path.split("/").at(-1))),
  ];
  const wanted = Object.fromEntries(watched.map((plural) => [plural, 1]));
  const asWanted = (): boolean => {
    const open = proxy.openWatches();
    return network.open === 1 && JSON.stringify(sorted(open)) === JSON.stringify(sorted(wanted));
  };
  await until("one watch per resource, on one connection", () => (asWanted() ? true : undefined), CONVERGED_MS).catch(
    (error: unknown) => {
      throw new Error(
        `${String(error)}; open: ${JSON.stringify({ connections: network.open, ...proxy.openWatches() })}`,
      );
    },
  );
  const before = { accepted: network.accepted, watches: watchesOf(proxy) };
  await until("a second loop", () => (asWanted() ? undefined : true), QUIET_MS).catch(() => undefined);
  expect({ accepted: network.accepted, watches: watchesOf(proxy) }).toEqual(before);
}

const watchesOf = (proxy: FaultyApi["proxy"]): number => proxy.calls.filter(({ query }) => query.has("watch")).length;

const sorted = (counts: Readonly<Record<string, number>>): readonly (readonly [string, number])[] =>
  Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1));
