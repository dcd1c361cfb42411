import type { Logger } from "pino";
import { type BackoffBounds, backoffMs, type Clock } from "../kubernetes/clock.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { KubeError } from "../kubernetes/kube-error.ts";
import { type KubeObject, keyOf } from "../kubernetes/kube-object.ts";
import { watchEvents } from "./watch-events.ts";

/** One thing that changed in the cache. */
export type CacheChange = {
  readonly kind: "added" | "updated" | "deleted";
  /** As it is now; deleted: as it was last seen. */
  readonly object: KubeObject;
  /** Updated: as it was before. */
  readonly before: KubeObject | undefined;
};

export type ReflectorOptions = {
  /** Of the collection: all namespaces or one. */
  readonly path: string;
  readonly labelSelector: string | undefined;
};

export type ReflectorDependencies = {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** Only maps the change to keys of the work queue; must not throw. */
  changed(change: CacheChange): void;
};

const BACKOFF: BackoffBounds = { firstMs: 400, maxMs: 30_000 };
/** The server ends a watch after this long, by chance somewhere up to twice as long, so that not all end together. */
const WATCH_SECONDS_MIN = 300;
/** A server that ends watches faster than this is in trouble: the next one waits. */
const SHORT_WATCH_MS = 1_000;

/**
 * A cache of one collection, kept by list and watch. It never gives up: whatever breaks is tried again, from where it
 * was if the server still knows that, else from a new list.
 */
export class Reflector {
  /** Resolves when the cache holds the first list. */
  readonly synced: Promise<void>;
  readonly #options: ReflectorOptions;
  readonly #dependencies: ReflectorDependencies;
  readonly #objects = new Map<string, KubeObject>();
  readonly #markSynced: () => void;
  #resourceVersion: string | undefined;

  constructor(options: ReflectorOptions, dependencies: ReflectorDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.synced = promise;
    this.#markSynced = resolve;
  }

  /** `key` is `namespace/name`. The object is shared: do not change it. */
  get(key: string): KubeObject | undefined {
    return this.#objects.get(key);
  }

  list(): readonly KubeObject[] {
    return [...this.#objects.values()];
  }

  /** Returns when `signal` is aborted; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#dependencies;
    let failures = 0;
    while (!signal.aborted) {
      const startedMs = clock.monotonicMs();
      try {
        this.#resourceVersion ??= await this.#list(signal);
        await this.#watch(this.#resourceVersion, signal);
        failures = clock.monotonicMs() - startedMs < SHORT_WATCH_MS ? failures + 1 : 0;
      } catch (error) {
        if (signal.aborted) return;
        if (clock.monotonicMs() - startedMs >= SHORT_WATCH_MS) failures = 0;
        failures += 1;
        // Only an answer about the connection itself leaves it certain that no event was missed.
        if (!(error instanceof Error && "code" in error) || isGone(error)) this.#resourceVersion = undefined;
        log.warn({ path: this.#options.path, failures, error: hintOf(error) }, "watch broken, trying again");
      }
      if (failures > 0) await clock.sleep(backoffMs(failures, BACKOFF, clock.random), signal);
    }
  }

  async #list(signal: AbortSignal): Promise<string | undefined> {
    const { path, labelSelector } = this.#options;
    const list = await this.#dependencies.client.list(path, selector(labelSelector), signal);
    const listed = new Map(list.items.map((item) => [keyOf(item), item]));
    for (const [key, object] of this.#objects) if (!listed.has(key)) this.#remove(object);
    for (const object of listed.values()) this.#store(object);
    this.#markSynced();
    return list.metadata.resourceVersion;
  }

  async #watch(resourceVersion: string | undefined, signal: AbortSignal): Promise<void> {
    const { client, clock } = this.#dependencies;
    const chunks = await client.watch(
      this.#options.path,
      {
        ...selector(this.#options.labelSelector),
        resourceVersion: resourceVersion ?? "0",
        allowWatchBookmarks: "true",
        timeoutSeconds: String(Math.round(WATCH_SECONDS_MIN * (1 + clock.random()))),
      },
      signal,
    );
    for await (const event of watchEvents(chunks)) {
      switch (event.type) {
        case "ADDED":
        case "MODIFIED":
          this.#store(event.object);
          this.#resourceVersion = event.object.metadata.resourceVersion;
          break;
        case "DELETED":
          this.#remove(event.object);
          this.#resourceVersion = event.object.metadata.resourceVersion;
          break;
        case "BOOKMARK":
          this.#resourceVersion = event.resourceVersion;
          break;
        case "ERROR":
          throw new WatchRefused(event.code, event.message);
        default:
          event satisfies never;
      }
    }
  }

  #store(received: KubeObject): void {
    const { managedFields: _, ...metadata } = received.metadata;
    const object: KubeObject = { ...received, metadata };
    const before = this.#objects.get(keyOf(object));
    if (before !== undefined && before.metadata.uid !== metadata.uid) {
      this.#remove(before);
      this.#store(received);
      return;
    }
    if (before?.metadata.resourceVersion === metadata.resourceVersion) return;
    this.#objects.set(keyOf(object), object);
    this.#dependencies.changed({ kind: before === undefined ? "added" : "updated", object, before });
  }

  #remove(object: KubeObject): void {
    if (this.#objects.delete(keyOf(object))) {
      this.#dependencies.changed({ kind: "deleted", object, before: undefined });
    }
  }
}

/** An ERROR event inside a watch. */
class WatchRefused extends Error {
  override readonly name = "WatchRefused";
  readonly code: number | undefined;

  constructor(code: number | undefined, message: string) {
    super(`${code ?? "error"}: ${message}`);
    this.code = code;
  }
}

const selector = (labelSelector: string | undefined): Readonly<Record<string, string>> =>
  labelSelector === undefined ? {} : { labelSelector };

/** The server no longer knows the history since our resourceVersion. */
const isGone = (error: unknown): boolean =>
  (error instanceof KubeError || error instanceof WatchRefused) && error.code === 410;

function hintOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof KubeError)) return message;
  if (error.code === 404) return `${message} (is the CustomResourceDefinition installed? kubectl apply -f crds/)`;
  if (error.code === 403) return `${message} (the operator's role lacks list and watch there)`;
  return message;
}
