import { randomBytes, randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { Logger } from "pino";
import { ChildWriter } from "../apply/child-writer.ts";
import { pushConfig } from "../apply/config-push.ts";
import { EventRecorder } from "../apply/event-recorder.ts";
import { MonitorReader } from "../apply/monitor-reader.ts";
import { PushMemory } from "../apply/push-memory.ts";
import { StatusWriter } from "../apply/write-status.ts";
import { LeaderElection } from "../controller/leader-election.ts";
import { type ReconcileIo, reconcile } from "../controller/reconcile.ts";
import { WorkQueue } from "../controller/work-queue.ts";
import { startHealthServer } from "../health/health-server.ts";
import { Metrics } from "../health/metrics.ts";
import { WatchActivity } from "../health/watch-activity.ts";
import type { LeaderArguments } from "../leader-arguments.ts";
import { Caches } from "../observe/caches.ts";
import { LeadershipWatches } from "../observe/leadership-watches.ts";
import { observeProxy } from "../observe/proxy-client.ts";
import { SecretReader } from "../observe/secret-reader.ts";
import { SecretRounds } from "../observe/secret-rounds.ts";
import type { PlanOptions } from "../plan/model.ts";
import { systemClock } from "./clock.ts";
import { contextNamespace } from "./connection.ts";
import { connect } from "./kube-client.ts";

export type KubernetesOptions = {
  /** Path; undefined: as kubectl finds it, in a pod the service account. */
  readonly kubeconfig: string | undefined;
  /** Namespaces to watch; none: all. */
  readonly namespaces: readonly string[];
  readonly planOptions: PlanOptions;
  /** Where `/livez`, `/readyz` and `/metrics` are served; undefined: nowhere. */
  readonly healthPort?: number | undefined;
  /** Undefined: this is the only replica, it reconciles at once. */
  readonly leader?: LeaderArguments | undefined;
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
 * Reconciles every RollupBoostCluster until `signal` is aborted, then lets what is under way end. Of several replicas only
 * the holder of the lease reconciles; the others keep their caches warm. Rejects only when the Kubernetes configuration
 * cannot be read, the health port is taken, or the lease was lost: then this process must end. An API server that does not
 * answer is waited for.
 */
export async function runKubernetes(
  options: KubernetesOptions,
  { log, signal: endSignal }: { readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  const clock = systemClock;
  const identity = `${process.env.POD_NAME ?? hostname()}_${randomUUID()}`;
  const connected = connect(options);
  const election =
    options.leader === undefined
      ? undefined
      : new LeaderElection(
          { ...options.leader, identity, namespace: options.leader.namespace ?? contextNamespace(options.kubeconfig) },
          { client: connected, clock, log },
        );
  const client = election === undefined ? connected : connected.fencedBy(() => election.check());
  const lost = new AbortController();
  const signal = AbortSignal.any([endSignal, lost.signal]);
  const events = new EventRecorder({ client, clock, log, identity, signal: lost.signal });
  const metrics = new Metrics({ isLeaseHolder: () => election?.isHolder ?? true });
  const activity = new WatchActivity(clock.monotonicMs);
  const pushes = new PushMemory(clock);
  const queue = new WorkQueue(
    { workers: WORKERS, backoff: BACKOFF },
    {
      clock,
      handle: (cluster, handleSignal) => metrics.reconcile(() => reconcile(cluster, io, handleSignal)),
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
        if (isActive) queue.add(cluster);
      },
      watching: (path, resource) => {
        activity.expect(path);
        return (step) => {
          activity.stepped(path, step);
          metrics.watchStepped(resource, step);
        };
      },
    },
  );
  const leadership = new LeadershipWatches({ touched: (cluster) => queue.add(cluster) });
  const secrets = new SecretReader({ client, clock });
  const secretRounds = new SecretRounds({ client, clock, secrets, touched: (cluster) => queue.add(cluster) });
  const io: ReconcileIo = {
    client,
    caches,
    secrets,
    secretRounds,
    monitors: new MonitorReader({ client, clock }),
    statusWriter: new StatusWriter({ client, log, clock }),
    writer: new ChildWriter({ client, log, clock }),
    events,
    planOptions: options.planOptions,
    nowMs: clock.wallMs,
    random: clock.random,
    newAdminToken: () => randomBytes(ADMIN_TOKEN_BYTES).toString("hex"),
    leadershipOf: (key, cluster, askSignal) => leadership.of(key, cluster, withDeadline(askSignal).signal),
    forgetLeadership: (key) => leadership.forget(key),
    askProxy: async (proxy, askSignal) => {
      const deadline = withDeadline(askSignal);
      const observed = await observeProxy(proxy, deadline.signal);
      const problem = `its admin port gave no answer within ${ASK_DEADLINE_MS} ms`;
      return pushes.recall(deadline.isOver() && observed.status === undefined ? { ...observed, problem } : observed);
    },
    pushConfig: async (proxy, document, adminToken, pushSignal) => {
      if (!pushes.isDue(proxy, document.revision)) return false;
      election?.check();
      const outcome = await pushConfig({ adminUrl: proxy.adminUrl, adminToken }, document, pushSignal);
      pushes.remember(proxy, document.revision, outcome);
      log.info({ proxy: proxy.name, pushed: document.revision, ...outcome }, "config pushed");
      return outcome.kind === "confirmed" || outcome.kind === "outrun";
    },
  };

  let isActive = false;
  const reconcileAll = (): void => {
    isActive = true;
    for (const key of caches.keys("clusters")) queue.add(key);
  };
  const { healthPort: port } = options;
  const health = port === undefined ? undefined : await startHealthServer({ port }, { activity, metrics });
  const watching = Promise.all([caches.run(signal), secretRounds.run(signal)]);
  const electing = (async (): Promise<unknown> => {
    // Before everything was listed once, what is not there may only not have been seen: nobody acts on that, nor keeps the
    // lease from one who has seen it.
    await Promise.race([caches.synced(), watching]);
    if (signal.aborted) return undefined;
    metrics.synced();
    log.info({ namespaces: options.namespaces }, "watching");
    await election?.acquire(signal);
    if (signal.aborted) return undefined;
    if (election?.lease !== undefined) events.tellHolder(election.lease);
    reconcileAll();
    return await election?.keep(signal);
  })().catch((error: unknown) => {
    lost.abort();
    return error;
  });
  await watching;
  leadership.close();
  await queue.close();
  await events.close();
  const failure = await electing;
  await election?.release();
  await health?.close();
  await connected.close();
  if (failure !== undefined) throw failure;
}

const withDeadline = (signal: AbortSignal): { readonly signal: AbortSignal; readonly isOver: () => boolean } => {
  const deadline = AbortSignal.timeout(ASK_DEADLINE_MS);
  return { signal: AbortSignal.any([signal, deadline]), isOver: () => deadline.aborted };
};
