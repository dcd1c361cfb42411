import type { Clock } from "../kubernetes/clock.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { objectPath, resources } from "../kubernetes/resources.ts";

/** ServiceMonitors are not watched, as their kind may not be there: this often each is looked at. */
const LOOK_MS = 30_000;
const KEPT = 2_000;

/** Reads ServiceMonitors by name and remembers them for seconds. */
export class MonitorReader {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #kept = new Map<string, { readonly object: KubeObject | undefined; readonly atMs: number }>();
  #kindAbsentUntilMs = 0;

  constructor(dependencies: { readonly client: KubeClient; readonly clock: Clock }) {
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
  }

  /** The API server was asked lately, and does not know the kind. */
  get isKindAbsent(): boolean {
    return this.#clock.monotonicMs() < this.#kindAbsentUntilMs;
  }

  kindIsAbsent(): void {
    this.#kindAbsentUntilMs = this.#clock.monotonicMs() + LOOK_MS;
  }

  /** Not wanted and not there: it stays so, nobody else makes one of ours. */
  async read(namespace: string, name: string, isWanted: boolean, signal: AbortSignal): Promise<KubeObject | undefined> {
    const kept = this.#kept.get(`${namespace}/${name}`);
    const isFresh = kept !== undefined && this.#clock.monotonicMs() - kept.atMs < LOOK_MS;
    if (kept !== undefined && (isFresh || (!isWanted && kept.object === undefined))) return kept.object;
    const object = await this.#client.get(objectPath(resources.serviceMonitors, namespace, name), signal);
    this.keep(namespace, name, object);
    return object;
  }

  /** Remembers one that was just written or deleted. */
  keep(namespace: string, name: string, object: KubeObject | undefined): void {
    const key = `${namespace}/${name}`;
    this.#kept.delete(key);
    this.#kept.set(key, { object, atMs: this.#clock.monotonicMs() });
    const oldest = this.#kept.size > KEPT ? this.#kept.keys().next().value : undefined;
    if (oldest !== undefined) this.#kept.delete(oldest);
  }

  forget(namespace: string, name: string): void {
    this.#kept.delete(`${namespace}/${name}`);
  }
}
