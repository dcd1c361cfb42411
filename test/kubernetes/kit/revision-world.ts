import type { ClusterStatus } from "../../../operator/api/cluster-status.ts";
import { objectPath, resources } from "../../../operator/kubernetes/resources.ts";
import { startExecutionClient } from "../../devnet/execution-client.ts";
import { until as untilWithin } from "../../devnet/until.ts";
import { type CapturedLog, capturedLog } from "./captured-log.ts";
import { clusterManifest, JWT_SECRET, secretManifest, sequencerManifest } from "./cluster-manifest.ts";
import { startKubelet } from "./kubelet-stand-in.ts";
import { startOperator } from "./operator-in-process.ts";
import type { RunningPod } from "./running-pod.ts";
import { type TestSpace, testSpace } from "./test-space.ts";
import { writtenDocument } from "./written-document.ts";

/** Ends as soon as it is so: the machine may be busy. */
const until = <T>(what: string, read: () => T | undefined | Promise<T | undefined>): Promise<T> =>
  untilWithin(what, read, 30_000);

const CHILDREN = ["base-sequencer-0", "base-sequencer-1"];

type WorldOptions = {
  /** Default 1. */
  readonly operators?: number;
  /** Pods of this sequencer are not run. */
  readonly elsewhere?: string;
};

/** Two sequencers, their proxies as processes, and operators that do not know of each other. Resolves when it is Ready. */
export async function startRevisionWorld({ operators = 1, elsewhere }: WorldOptions = {}) {
  const stack = new AsyncDisposableStack();
  const space = stack.use(await testSpace());
  const clients = await Promise.all(
    ["sequencer-0", "sequencer-1"].map(async (name) =>
      stack.use(await startExecutionClient({ name, jwtSecret: JWT_SECRET })),
    ),
  );
  await space.apply(secretManifest("engine-jwt", { "jwt.hex": JWT_SECRET }));
  const runs = ({ metadata }: { readonly metadata: { readonly name: string } }): boolean =>
    elsewhere === undefined || !metadata.name.startsWith(`base-${elsewhere}-`);
  const kubelet = stack.use(startKubelet(space, { runs }));
  const logs: readonly CapturedLog[] = Array.from({ length: operators }, capturedLog);
  for (const { log } of logs) stack.use(startOperator(space, log));
  const sequencers = clients.map((client) => sequencerManifest(client.name, client));
  await space.apply(clusterManifest({ sequencers, timing: { blockTimeMs: 2_000, builderDeadlineMs: 100 } }));

  const cluster = () => space.get(resources.clusters, "base");
  const row = async (name: string) => {
    const status = (await cluster())?.status as ClusterStatus | undefined;
    return status?.sequencers?.find((sequencer) => sequencer.name === name);
  };
  const pods = (): readonly RunningPod[] => [...kubelet.pods.values()];
  const patch = async (spec: object): Promise<void> => {
    await space.kubectl("patch", "rbc/base", "--type=merge", "-p", JSON.stringify({ spec }));
  };
  const finalizers = (pod: RunningPod, names: readonly string[] | null) =>
    space.client.mergePatch(objectPath(resources.pods, space.namespace, pod.name), { metadata: { finalizers: names } });
  const world = {
    space,
    logs,
    cluster,
    row,
    pods,
    podOf: (child: string): RunningPod => {
      const pod = pods().find(({ name }) => name.startsWith(`${child}-`));
      if (pod === undefined) throw new Error(`no pod of ${child}`);
      return pod;
    },
    processes: () => pods().map(({ name, pid }) => ({ name, pid })),
    pause: (pod: RunningPod) => void process.kill(pod.pid ?? 0, "SIGSTOP"),
    resume: (pod: RunningPod) => void process.kill(pod.pid ?? 0, "SIGCONT"),
    /** Keeps a pod that is deleted, as a drain does. */
    hold: (pod: RunningPod) => finalizers(pod, ["test.example/hold"]),
    release: (pod: RunningPod) => finalizers(pod, null),
    setMode: (executionMode: string) => patch({ executionMode }),
    /** Resolves when it is written. */
    setDeadline: async (builderDeadlineMs: number) => {
      await patch({ timing: { builderDeadlineMs } });
      await until(`deadline ${builderDeadlineMs} written`, async () => {
        const documents = await Promise.all(CHILDREN.map((name) => writtenDocument(space, name)));
        return documents.every((each) => each?.timing.builderDeadlineMs === builderDeadlineMs) ? true : undefined;
      });
    },
    ready: () => waitReady(space),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
  if (elsewhere === undefined) await world.ready();
  else await until("written", () => writtenDocument(space, `base-${elsewhere}`));
  return world;
}

const waitReady = (space: TestSpace): Promise<string> =>
  space.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "rbc/base");
