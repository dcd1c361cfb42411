import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { collectionPath, resources } from "../../operator/kubernetes/resources.ts";
import { startExecutionClient } from "../devnet/execution-client.ts";
import { until } from "../devnet/until.ts";
import { TcpGate } from "./faults/tcp-gate.ts";
import { clusterManifest, JWT_SECRET, secretManifest, sequencerManifest } from "./kit/cluster-manifest.ts";
import { startKubelet } from "./kit/kubelet-stand-in.ts";
import { PROXY_IMAGE } from "./kit/operator-in-process.ts";
import {
  LEASE,
  type OperatorProcess,
  type OperatorProcessOptions,
  startOperatorProcess,
} from "./kit/operator-process.ts";
import { statusOf } from "./kit/proxy-status.ts";
import { type TestSpace, testSpace } from "./kit/test-space.ts";

const CHILDREN = [resources.deployments, resources.services, resources.configMaps, resources.secrets];

/** The one that waits saw the last renewal up to two attempts late; the rest is for a slow machine. */
const TAKEOVER_MS = (LEASE.seconds + 2 * LEASE.retrySeconds + 3) * 1_000;
/** With room for a slow machine, yet before an abandoned lease would be over. */
const HANDOVER_MS = LEASE.seconds * 1_000 - 500;

test("the holder killed: the other acts within the lease time", async () => {
  await using world = await startWorld();
  const { first, second } = await world.startBoth();
  first.signal("SIGKILL");
  await world.setMode("disabled");
  await world.proxiesRun("disabled", TAKEOVER_MS);
  expect(await world.holder()).toMatch(new RegExp(`^${second.name}_`));
});

test("the holder ended by SIGTERM: it lets go of the lease, and the other acts at once", async () => {
  await using world = await startWorld();
  const { first, second } = await world.startBoth();
  first.signal("SIGTERM");
  await until(
    "the other holds it",
    async () => ((await world.holder()).startsWith(second.name) ? true : undefined),
    HANDOVER_MS,
  );
  expect(await first.ended).toBe("exit code 0");
  await world.setMode("disabled");
  await world.proxiesRun("disabled", HANDOVER_MS);
});

test("the holder frozen past its lease: the other acts, and the frozen one changes nothing when it wakes", async () => {
  await using world = await startWorld();
  // What either writes can be told apart.
  const { first, second } = await world.startBoth({ second: { proxyImage: `${PROXY_IMAGE}-of-second` } });
  first.signal("SIGSTOP");
  await world.setMode("disabled");
  await world.proxiesRun("disabled", TAKEOVER_MS);
  expect(await world.holder()).toMatch(new RegExp(`^${second.name}_`));
  await world.settled();
  const objects = await world.objects();
  const revisions = await world.revisions();
  expect(JSON.stringify(objects)).toContain(`${PROXY_IMAGE}-of-second`);
  const logged = (await first.log()).length;

  first.signal("SIGCONT");
  expect(await first.ended).toBe("exit code 1");
  const said = (await first.log()).slice(logged);
  expect(said).toContain("the lease");
  expect(said).not.toMatch(/child written|config pushed/);
  expect(await world.objects()).toEqual(objects);
  expect(await world.revisions()).toEqual(revisions);
});

test("the holder cut off from the API server: it stops before its lease is over, and the other acts", async () => {
  await using world = await startWorld();
  await using gate = new TcpGate(await apiServerPort(world.space));
  await gate.accept();
  const { first, second } = await world.startBoth({ first: { apiServerPort: gate.port } });
  await gate.refuse();
  await world.setMode("disabled");
  await world.proxiesRun("disabled", TAKEOVER_MS);
  expect(await first.ended).toBe("exit code 1");
  expect(await first.log()).toContain("was not renewed");
  await world.settled();
  const objects = await world.objects();

  // Back, as a pod comes back: it stands by.
  await gate.accept();
  const again = await world.start({ name: "again", apiServerPort: gate.port });
  await until("it stands by", async () => ((await again.log()).includes("standing by") ? true : undefined), 15_000);
  expect(await world.holder()).toMatch(new RegExp(`^${second.name}_`));
  expect(await world.objects()).toEqual(objects);
});

/** One cluster of two sequencers, and a kubelet; operators are started by the test. */
async function startWorld() {
  const stack = new AsyncDisposableStack();
  const space = stack.use(await testSpace());
  const executionClient = stack.use(await startExecutionClient({ name: "execution-client", jwtSecret: JWT_SECRET }));
  await space.apply(secretManifest("engine-jwt", { "jwt.hex": JWT_SECRET }));
  const kubelet = stack.use(startKubelet(space));
  const sequencers = ["sequencer-0", "sequencer-1"].map((name) => sequencerManifest(name, executionClient));
  await space.apply(clusterManifest({ sequencers }));

  const start = async (options: OperatorProcessOptions): Promise<OperatorProcess> =>
    stack.use(await startOperatorProcess(space, options));
  const holder = async (): Promise<string> => {
    const lease = await space.get(resources.leases, LEASE.name);
    return (lease?.spec as { readonly holderIdentity?: string } | undefined)?.holderIdentity ?? "";
  };
  const statuses = () => Promise.all([...kubelet.pods.values()].map(statusOf));
  /** Everything about the cluster and its children, who wrote what included. */
  const objects = async (): Promise<unknown> => {
    const lists = await Promise.all(
      [resources.clusters, ...CHILDREN].map((resource) =>
        space.client.list(collectionPath(resource, space.namespace), {}),
      ),
    );
    return lists.flatMap(({ items }) => items.filter(({ metadata }) => metadata.name.startsWith("base")));
  };
  return {
    space,
    start,
    holder,
    objects,
    /** Both, the first one holds the lease; the cluster is ready. */
    startBoth: async (
      options: {
        readonly first?: Partial<OperatorProcessOptions>;
        readonly second?: Partial<OperatorProcessOptions>;
      } = {},
    ) => {
      const first = await start({ name: "first", ...options.first });
      await until(
        "the first holds the lease",
        async () => ((await holder()).startsWith("first_") ? true : undefined),
        20_000,
      );
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
    setMode: (executionMode: "enabled" | "disabled") =>
      space.kubectl("patch", "rbc/base", "--type=merge", "-p", JSON.stringify({ spec: { executionMode } })),
    proxiesRun: (mode: "enabled" | "disabled", withinMs: number) =>
      until(
        `every proxy ${mode}`,
        async () => {
          const seen = await statuses().catch(() => []);
          return seen.length >= 2 && seen.every(({ executionMode }) => executionMode === mode) ? true : undefined;
        },
        withinMs,
      ),
    revisions: async () => (await statuses()).map(({ revision }) => revision),
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

async function apiServerPort({ kubeconfig }: TestSpace): Promise<number> {
  const port = /https:\/\/127\.0\.0\.1:(\d+)/.exec(await readFile(kubeconfig, "utf8"))?.[1];
  if (port === undefined) throw new Error("the API server of this run is not on 127.0.0.1");
  return Number(port);
}
