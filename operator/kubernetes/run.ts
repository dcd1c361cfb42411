import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import { ChildWriter } from "../apply/child-writer.ts";
import { pushConfig } from "../apply/config-push.ts";
import { PushMemory } from "../apply/push-memory.ts";
import { type ReconcileIo, reconcile } from "../controller/reconcile.ts";
import { WorkQueue } from "../controller/work-queue.ts";
import { Caches } from "../observe/caches.ts";
import { observeLeadership } from "../observe/conductor-client.ts";
import { observeProxy } from "../observe/proxy-client.ts";
import { SecretReader } from "../observe/secret-reader.ts";
import type { PlanOptions } from "../plan/model.ts";
import { systemClock } from "./clock.ts";
import { connect } from "./kube-client.ts";

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
 * One hung op-conductor or proxy must not hold up the shut-off for the others, which is to arrive within a second: a
 * look that is under way and the next one have to fit.
 */
const ASK_DEADLINE_MS = 400;

const ADMIN_TOKEN_BYTES = 32;

/**
 * Reconciles every RollupBoostCluster until `signal` is aborted, then lets what is under way end. Rejects only when the
 * Kubernetes configuration cannot be read; an API server that does not answer is waited for.
 */
export async function runKubernetes(
  options: KubernetesOptions,
  { log, signal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const clock = systemClock;
  const client = connect(options);
  const pushes = new PushMemory();
  const queue = new WorkQueue(
    { workers: WORKERS, backoff: BACKOFF },
    {
      clock,
      handle: (cluster, handleSignal) => reconcile(cluster, io, handleSignal),
      failed: (cluster, error, retryAfterMs) =>
        log.warn(
          { cluster, error: error instanceof Error ? error.message : String(error), retryAfterMs },
          "reconcile failed, trying again",
        ),
    },
  );
  const caches = new Caches(
    { namespaces: options.namespaces },
    {
      client,
      clock,
      log,
      touched: (cluster) => {
        if (isSynced) queue.add(cluster);
      },
    },
  );
  const io: ReconcileIo = {
    client,
    caches,
    secrets: new SecretReader({ client, clock }),
    writer: new ChildWriter({ client, log }),
    planOptions: options.planOptions,
    nowMs: clock.wallMs,
    newAdminToken: () => randomBytes(ADMIN_TOKEN_BYTES).toString("hex"),
    leadershipOf: (cluster, askSignal) => observeLeadership(cluster, withDeadline(askSignal).signal),
    askProxy: async (proxy, askSignal) => {
      const deadline = withDeadline(askSignal);
      const observed = await observeProxy(proxy, deadline.signal);
      const problem = `its admin port gave no answer within ${ASK_DEADLINE_MS} ms`;
      return pushes.recall(deadline.isOver() && observed.status === undefined ? { ...observed, problem } : observed);
    },
    pushConfig: async (proxy, document, adminToken, pushSignal) => {
      const outcome = await pushConfig({ adminUrl: proxy.adminUrl, adminToken }, document, pushSignal);
      pushes.remember(proxy, outcome);
      log.info({ proxy: proxy.name, pushed: document.revision, ...outcome }, "config pushed");
    },
  };

  let isSynced = false;
  const watching = caches.run(signal);
  void caches.synced().then(() => {
    // Before everything was listed once, what is not there may only not have been seen.
    isSynced = true;
    log.info({ namespaces: options.namespaces }, "watching");
    for (const key of caches.keys("clusters")) queue.add(key);
  });
  await watching;
  await queue.close();
  await client.close();
}

const withDeadline = (signal: AbortSignal): { readonly signal: AbortSignal; readonly isOver: () => boolean } => {
  const deadline = AbortSignal.timeout(ASK_DEADLINE_MS);
  return { signal: AbortSignal.any([signal, deadline]), isOver: () => deadline.aborted };
};
