import type { Logger } from "pino";
import type { Clock } from "../kubernetes/clock.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { isKubeError } from "../kubernetes/kube-error.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { collectionPath, objectPath, resources } from "../kubernetes/resources.ts";
import { type LeaseRecord, leaseHeldBy, leaseRecordOf, leaseReleased } from "./lease.ts";

export type LeaderElectionOptions = {
  readonly name: string;
  readonly namespace: string;
  /** Unique for this process, also after a restart of the same pod. */
  readonly identity: string;
  /** Others take a lease that was not renewed for so long. Whole seconds. */
  readonly durationMs: number;
  /** The holder that could not renew for so long has lost it; below `durationMs`, so that it stops before others start. */
  readonly renewDeadlineMs: number;
  /** Between two attempts. */
  readonly retryMs: number;
};

export type LeaderElectionDependencies = {
  readonly client: Pick<KubeClient, "get" | "create" | "replace">;
  readonly clock: Clock;
  readonly log: Logger;
};

/** This process does not hold the lease (any more): it must change nothing, and ends. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/** Those who wait spread their attempts, so that they do not all come at once. */
const JITTER = 1.2;
/** Of the time between two attempts: one that hangs is over when the next is due. */
const REQUEST_SHARE = 0.75;

/**
 * Holds a Lease as client-go does. A lease is over when this process has seen no change of it for its duration, by its own
 * monotonic clock: what clocks of other machines say is never compared. Every write names the resourceVersion it was
 * decided on, so of two that write at once one loses.
 */
export class LeaderElection {
  readonly #options: LeaderElectionOptions;
  readonly #dependencies: LeaderElectionDependencies;
  #observed: { readonly record: LeaseRecord; readonly atMs: number } | undefined;
  /** As it was last written by us. `renewedAtMs`: before that write was sent, so that others count from later on. */
  #held: { readonly lease: KubeObject; readonly renewedAtMs: number } | undefined;

  constructor(options: LeaderElectionOptions, dependencies: LeaderElectionDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
  }

  /** True at once after it has been taken; false while it is another's, and once it could not be renewed in time. */
  get isHolder(): boolean {
    return this.#leftMs() > 0;
  }

  /** As this process last wrote it; undefined while it is not ours. */
  get lease(): KubeObject | undefined {
    return this.#held?.lease;
  }

  /** Throws `LeaseLost` unless the lease is ours at this very moment. To be called before everything that changes something. */
  check(): void {
    if (this.isHolder) return;
    const { namespace, name, renewDeadlineMs } = this.#options;
    const seconds = renewDeadlineMs / 1_000;
    throw new LeaseLost(
      `the lease ${namespace}/${name} is not held or was not renewed for ${seconds} s: nothing is written`,
    );
  }

  /** Resolves when the lease is ours or `signal` is aborted. */
  async acquire(signal: AbortSignal): Promise<void> {
    const { clock } = this.#dependencies;
    let toldHolder: string | undefined;
    while (!signal.aborted) {
      await this.#attempt(signal);
      if (this.isHolder || signal.aborted) return;
      const holder = this.#observed?.record.holder;
      if (holder !== undefined && holder !== toldHolder) this.#log("info", "standing by", { holder });
      toldHolder = holder;
      const retryMs = this.#options.retryMs * (1 + JITTER * clock.random());
      await clock.sleep(Math.min(retryMs, Math.max(this.#untilOverMs(), this.#options.retryMs / 10)), signal);
    }
  }

  /** Renews the lease until `signal` is aborted, or it is lost: then it rejects with `LeaseLost`. */
  async keep(signal: AbortSignal): Promise<void> {
    const { clock } = this.#dependencies;
    while (!signal.aborted) {
      await clock.sleep(Math.min(this.#options.retryMs, Math.max(this.#leftMs(), 0)), signal);
      if (signal.aborted) return;
      // Frozen past the deadline: it may be another's by now, and is not asked for again by this process.
      this.check();
      await this.#attempt(signal);
    }
  }

  /** Gives the lease up, so that another takes it at once. Never rejects: left alone it ends by itself. */
  async release(): Promise<void> {
    if (this.#held === undefined) return;
    this.#held = undefined;
    const signal = AbortSignal.timeout(this.#options.renewDeadlineMs);
    try {
      // A renewal that was cut short may have been written.
      const lease = await this.#read(signal);
      if (lease === undefined || !this.#isOurs(lease)) return;
      await this.#replace(leaseReleased(lease, this.#dependencies.clock.wallMs()), signal);
      this.#log("info", "lease released");
    } catch (error) {
      this.#log("warn", "the lease could not be released, others wait until it is over", { error: textOf(error) });
    }
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    const requestSignal = AbortSignal.any([signal, this.#requestSignal()]);
    try {
      const isRenewal = this.#held !== undefined;
      if (this.#held !== undefined && (await this.#write(this.#held.lease, requestSignal))) return;
      const lease = await this.#read(requestSignal);
      // Once lost it stays lost: what this process is at was decided on what it saw before.
      if (isRenewal && (!this.isHolder || lease === undefined || !this.#isOurs(lease))) this.#held = undefined;
      else if (lease === undefined || this.#isFree(lease)) await this.#write(lease, requestSignal);
    } catch (error) {
      if (!signal.aborted) this.#log("warn", "the lease cannot be read or written", { error: hintOf(error) });
    }
  }

  async #read(signal: AbortSignal): Promise<KubeObject | undefined> {
    const lease = await this.#dependencies.client.get(this.#path(), signal);
    if (lease !== undefined) this.#observe(lease);
    return lease;
  }

  /** False: someone else wrote it in the meantime. */
  async #write(before: KubeObject | undefined, signal: AbortSignal): Promise<boolean> {
    const { client, clock } = this.#dependencies;
    const { identity, namespace } = this.#options;
    const wanted = leaseHeldBy(identity, this.#options, before, clock.wallMs());
    const sentAtMs = clock.monotonicMs();
    try {
      const written =
        before === undefined
          ? await client.create(collectionPath(resources.leases, namespace), wanted, signal)
          : await this.#replace(wanted, signal);
      if (this.#held === undefined) this.#log("info", "lease taken", { identity });
      this.#held = { lease: written, renewedAtMs: sentAtMs };
      this.#observe(written);
      return true;
    } catch (error) {
      if (isKubeError(error, 409) || (before !== undefined && isKubeError(error, 404))) return false;
      throw error;
    }
  }

  async #replace(lease: object, signal: AbortSignal): Promise<KubeObject> {
    return await this.#dependencies.client.replace(this.#path(), lease, signal);
  }

  #observe(lease: KubeObject): void {
    const record = leaseRecordOf(lease);
    if (record.text === this.#observed?.record.text) return;
    this.#observed = { record, atMs: this.#dependencies.clock.monotonicMs() };
  }

  #isOurs(lease: KubeObject): boolean {
    return leaseRecordOf(lease).holder === this.#options.identity;
  }

  #isFree(lease: KubeObject): boolean {
    return this.#isOurs(lease) || this.#untilOverMs() <= 0;
  }

  /** Until another's lease is over as far as we have seen; 0 when nobody holds it. */
  #untilOverMs(): number {
    if (this.#observed === undefined) return Number.POSITIVE_INFINITY;
    const { record, atMs } = this.#observed;
    if (record.holder === undefined) return 0;
    return Math.max(0, atMs + (record.durationMs ?? this.#options.durationMs) - this.#dependencies.clock.monotonicMs());
  }

  /** How long the lease is ours without another renewal. */
  #leftMs(): number {
    if (this.#held === undefined) return 0;
    return this.#held.renewedAtMs + this.#options.renewDeadlineMs - this.#dependencies.clock.monotonicMs();
  }

  #requestSignal(): AbortSignal {
    return AbortSignal.timeout(this.#options.retryMs * REQUEST_SHARE);
  }

  #path(): string {
    return objectPath(resources.leases, this.#options.namespace, this.#options.name);
  }

  #log(level: "info" | "warn", message: string, data: Readonly<Record<string, string>> = {}): void {
    const { namespace, name } = this.#options;
    this.#dependencies.log[level]({ lease: `${namespace}/${name}`, ...data }, message);
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function hintOf(error: unknown): string {
  const text = textOf(error);
  if (isKubeError(error, 403)) return `${text} (the operator's role needs get, create and update of leases there)`;
  if (isKubeError(error, 404)) return `${text} (does the namespace exist? see --lease-namespace)`;
  return text;
}
