import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import pino from "pino";
import { systemClock } from "../../../operator/kubernetes/clock.ts";
import type { KubeObject } from "../../../operator/kubernetes/kube-object.ts";
import { collectionPath, resources } from "../../../operator/kubernetes/resources.ts";
import { Reflector } from "../../../operator/observe/reflector.ts";
import { RunningPod } from "./running-pod.ts";
import type { TestSpace } from "./test-space.ts";

/** Plays the kubelet for a namespace until it is disposed. */
export type KubeletStandIn = AsyncDisposable & {
  /** The pods that run, by name. */
  readonly pods: ReadonlyMap<string, RunningPod>;
};

type KubeletOptions = {
  /** Pods it runs; the others are on another node. Default: all. */
  readonly runs?: (pod: KubeObject) => boolean;
};

/**
 * Runs each pod of the namespace as the kubelet would: the real proxy as a process on a loopback address of its own,
 * started from the container's own arguments and volumes, with the pod's status as its own readiness probe says.
 */
export function startKubelet(space: TestSpace, options: KubeletOptions = {}): KubeletStandIn {
  const { client, namespace } = space;
  const stopping = new AbortController();
  const pods = new Map<string, RunningPod>();
  const ends: Promise<void>[] = [];
  const run = async (pod: KubeObject): Promise<void> => {
    const folder = await mkdtemp(join(space.folder, "pod-"));
    const running = new RunningPod(pod, folder, client);
    pods.set(pod.metadata.name, running);
    await running.run(stopping.signal);
  };
  const end = (name: string): void => {
    pods.get(name)?.terminate();
    pods.delete(name);
  };
  const reflector = new Reflector(
    { path: collectionPath(resources.pods, namespace), labelSelector: undefined },
    {
      client,
      clock: systemClock,
      log: pino({ level: "silent" }),
      changed: ({ kind, object, before }) => {
        if (options.runs?.(object) === false) return;
        if (kind === "added") ends.push(run(object));
        if (!isDeepStrictEqual(before?.metadata.annotations, object.metadata.annotations)) {
          pods.get(object.metadata.name)?.sync();
        }
        if (kind === "deleted") end(object.metadata.name);
      },
    },
  );
  const watching = reflector.run(stopping.signal);
  return {
    pods,
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await Promise.all([watching, ...ends]);
    },
  };
}
