import pino from "pino";
import { systemClock } from "../../../operator/kubernetes/clock.ts";
import type { KubeClient } from "../../../operator/kubernetes/kube-client.ts";
import type { KubeObject } from "../../../operator/kubernetes/kube-object.ts";
import { collectionPath, objectPath, resources } from "../../../operator/kubernetes/resources.ts";
import { Reflector } from "../../../operator/observe/reflector.ts";
import type { SimulatedProxies } from "./simulated-proxies.ts";

/** Plays scheduler and kubelets: every pod of the control plane is ready as soon as it is seen, at a simulated proxy. */
export function runPods(client: KubeClient, proxies: SimulatedProxies): AsyncDisposable {
  const stopping = new AbortController();
  const underWay = new Set<Promise<void>>();
  const makeReady = async ({ metadata }: KubeObject): Promise<void> => {
    const ip = await proxies.start();
    const path = `${objectPath(resources.pods, metadata.namespace ?? "", metadata.name)}/status`;
    await client.mergePatch(path, { status: readyStatus(ip) }, stopping.signal).catch((error: unknown) => {
      if (!stopping.signal.aborted) process.stderr.write(`pod ${metadata.name} not made ready: ${String(error)}\n`);
    });
  };
  const reflector = new Reflector(
    { path: collectionPath(resources.pods, undefined), labelSelector: "app.kubernetes.io/name=rollup-boost-proxy" },
    {
      client,
      clock: systemClock,
      log: pino({ level: "silent" }),
      changed: ({ kind, object }) => {
        if (kind !== "added") return;
        const work = makeReady(object).finally(() => underWay.delete(work));
        underWay.add(work);
      },
    },
  );
  const watching = reflector.run(stopping.signal);
  return {
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await Promise.all([watching, ...underWay]);
    },
  };
}

const readyStatus = (ip: string) => ({
  phase: "Running",
  podIP: ip,
  podIPs: [{ ip }],
  conditions: ["PodScheduled", "Initialized", "ContainersReady", "Ready"].map((type) => ({ type, status: "True" })),
});
