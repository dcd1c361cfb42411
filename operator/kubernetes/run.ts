import type { Logger } from "pino";
import { reconcile } from "../controller/reconcile.ts";
import { WorkQueue } from "../controller/work-queue.ts";
import { Caches } from "../observe/caches.ts";
import type { PlanOptions } from "../plan/model.ts";
import { systemClock } from "./clock.ts";
import { connect } from "./kube-client.ts";
import { reconcileIo } from "./reconcile-io.ts";

export type KubernetesOptions = {
  /** Path; undefined: as kubectl finds it, in a pod the service account. */
  readonly kubeconfig: string | undefined;
  /** Namespaces to watch; none: all. */
  readonly namespaces: readonly string[];
  readonly planOptions: PlanOptions;
};

/** Clusters that are looked at at the same time. */
const WORKERS = 4;
const BACKOFF = { firstMs: 200, maxMs: 60_000 };

/**
 * Reconciles every RollupBoostCluster until `signal` is aborted, then lets what is under way end. Rejects only when the
 * Kubernetes configuration cannot be read; an API server that does not answer is waited for.
 */
export async function runKubernetes(
  { kubeconfig, namespaces, planOptions }: KubernetesOptions,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const clock = systemClock;
  const client = connect({ kubeconfig });
  let isSynced = false;
  const touched = (cluster: string): void => {
    if (isSynced) queue.add(cluster);
  };
  const caches = new Caches({ namespaces }, { client, clock, log, touched });
  const io = reconcileIo(planOptions, { client, caches, clock, log });
  const queue = new WorkQueue(
    { workers: WORKERS, backoff: BACKOFF },
    {
      clock,
      handle: (cluster, handleSignal) => reconcile(cluster, io, handleSignal),
      failed: (cluster, error, retryAfterMs) => {
        const problem = error instanceof Error ? error.message : String(error);
        log.warn({ cluster, error: problem, retryAfterMs }, "reconcile failed, trying again");
      },
    },
  );

  // Before everything was listed once, what is not there may only not have been seen.
  void caches.synced().then(() => {
    isSynced = true;
    log.info({ namespaces }, "watching");
    for (const cluster of caches.keys("clusters")) queue.add(cluster);
  });
  await caches.run(signal);
  await queue.close();
  await client.close();
}
