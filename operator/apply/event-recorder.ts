import { createHash, randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { ClusterStatus } from "../api/cluster-status.ts";
import type { Clock } from "../kubernetes/clock.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { isKubeError } from "../kubernetes/kube-error.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { microTime } from "../kubernetes/micro-time.ts";
import { collectionPath, objectPath, resources } from "../kubernetes/resources.ts";
import { transitionsOf } from "../plan/transitions.ts";
import { TokenBuckets } from "./token-buckets.ts";

export type EventRecorderDependencies = {
  readonly client: Pick<KubeClient, "create" | "mergePatch">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Which operator process it was. */
  readonly identity: string;
  /** Aborted: nothing is written any more. */
  readonly signal: AbortSignal;
};

type News = { readonly type: "Normal" | "Warning"; readonly reason: string; readonly text: string };

type Told = { readonly name: string; readonly count: number; readonly atMs: number };

const REPORTING_CONTROLLER = "rollup-boost-operator";
const IDENTITY_LENGTH_MAX = 128;
const NOTE_LENGTH_MAX = 1_024;

/** The same news again within this time is counted on the Event that is there. */
const SERIES_MS = 6 * 60_000;
const SERIES_KEPT = 1_000;

/** A cluster that turns without end writes this many Events at once, then one in this time. */
const BURST = 25;
const REFILL_MS = 30_000;

/** An Event that takes longer is not worth waiting for, neither for the next one nor at the end. */
const WRITE_DEADLINE_MS = 5_000;

/** Events that wait to be written; while the API server does not take them, newer ones are left out. */
const WAITING_MAX = 200;

/**
 * Tells what turned as Kubernetes Events, one for each transition between the statuses that were written. They never hold
 * up or fail a reconcile: one that cannot be written is logged and left out.
 */
export class EventRecorder {
  readonly #dependencies: EventRecorderDependencies;
  readonly #buckets: TokenBuckets;
  /** Last status of each cluster (`namespace/name`) that was told; the cache may still hold the one before. */
  readonly #statuses = new Map<string, { readonly uid: string; readonly status: ClusterStatus }>();
  readonly #series = new Map<string, Told>();
  #writing: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(dependencies: EventRecorderDependencies) {
    this.#dependencies = dependencies;
    this.#buckets = new TokenBuckets({ burst: BURST, refillMs: REFILL_MS }, dependencies.clock.monotonicMs);
  }

  /** Tells what turned since the last status of this cluster; `before` is the one it had when this process first saw it. */
  tell(key: string, cluster: KubeObject, before: ClusterStatus | undefined, after: ClusterStatus): void {
    const { uid } = cluster.metadata;
    const last = this.#statuses.get(key);
    this.#statuses.set(key, { uid, status: after });
    const transitions = transitionsOf(last?.uid === uid ? last.status : before, after);
    for (const transition of transitions) if (!transition.isStep) this.#record(cluster, transition, "Reconcile");
  }

  /** The cluster is gone. */
  forget(key: string): void {
    this.#statuses.delete(key);
  }

  /** This process holds the lease now. */
  tellHolder(lease: KubeObject): void {
    const text = `${this.#dependencies.identity} reconciles from now on`;
    this.#record(lease, { type: "Normal", reason: "LeaseTaken", text }, "LeaderElection");
  }

  /** Resolves when everything that waits was written or given up. */
  async close(): Promise<void> {
    await this.#writing;
  }

  #record(regarding: KubeObject, news: News, action: string): void {
    const { log } = this.#dependencies;
    if (this.#waiting >= WAITING_MAX || !this.#buckets.take(regarding.metadata.uid)) {
      log.warn({ about: regarding.metadata.name, reason: news.reason }, "too many events at once, one left out");
      return;
    }
    this.#waiting += 1;
    this.#writing = this.#writing
      .then(() => this.#write(regarding, news, action))
      .catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        log.warn({ about: regarding.metadata.name, reason: news.reason, error: message }, "event not written");
      })
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  async #write(regarding: KubeObject, news: News, action: string): Promise<void> {
    const { client, clock } = this.#dependencies;
    const signal = AbortSignal.any([this.#dependencies.signal, AbortSignal.timeout(WRITE_DEADLINE_MS)]);
    const { uid, namespace = "default" } = regarding.metadata;
    const key = createHash("sha256")
      .update(JSON.stringify([uid, news.type, news.reason, news.text]))
      .digest("hex");
    const told = this.#series.get(key);
    if (told !== undefined && clock.monotonicMs() - told.atMs < SERIES_MS) {
      const count = told.count + 1;
      const series = { count, lastObservedTime: microTime(clock.wallMs()) };
      const path = objectPath(resources.events, namespace, told.name);
      try {
        await client.mergePatch(path, { series }, signal);
        return this.#remember(key, { name: told.name, count, atMs: clock.monotonicMs() });
      } catch (error) {
        // The API server forgets Events after an hour.
        if (!isKubeError(error, 404)) throw error;
      }
    }
    const event = eventOf(regarding, news, action, this.#dependencies.identity, microTime(clock.wallMs()));
    const written = await client.create(collectionPath(resources.events, namespace), event, signal);
    this.#remember(key, { name: written.metadata.name, count: 1, atMs: clock.monotonicMs() });
  }

  #remember(key: string, told: Told): void {
    this.#series.delete(key);
    this.#series.set(key, told);
    const oldest = this.#series.size > SERIES_KEPT ? this.#series.keys().next().value : undefined;
    if (oldest !== undefined) this.#series.delete(oldest);
  }
}

function eventOf(regarding: KubeObject, news: News, action: string, identity: string, now: string): object {
  const { name, namespace = "default", uid } = regarding.metadata;
  return {
    apiVersion: resources.events.apiVersion,
    kind: resources.events.kind,
    metadata: { name: `${name}.${randomUUID()}`, namespace },
    eventTime: now,
    reportingController: REPORTING_CONTROLLER,
    reportingInstance: identity.slice(0, IDENTITY_LENGTH_MAX),
    action,
    reason: news.reason,
    regarding: { apiVersion: regarding.apiVersion, kind: regarding.kind, name, namespace, uid },
    note: news.text.slice(0, NOTE_LENGTH_MAX),
    type: news.type,
  };
}
