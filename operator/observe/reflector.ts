import type { Logger } from "pino";
import type { WatchStep } from "../health/watch-activity.ts";
import { type BackoffBounds, backoffMs, type Clock } from "../kubernetes/clock.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { KubeError } from "../kubernetes/kube-error.ts";
import { type KubeObject, keyOf } from "../kubernetes/kube-object.ts";
import { MalformedWatchEvent, watchEvents } from "./watch-events.ts";

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
  /** False: objects are kept without their spec, which may be most of their memory. Default: with it. */
  readonly isWithSpec?: boolean;
};

export type ReflectorDependencies = {
  readonly client: Pick<KubeClient, "list" | "watch">;
  readonly clock: Clock;
  readonly log: Logger;
  /** Only maps the change to keys of the work queue; must not throw. */
  changed(change: CacheChange): void;
  /** Told of all it does; must not throw. */
  readonly stepped?: (step: WatchStep) => void;
};

const BACKOFF: BackoffBounds = { firstMs: 400, maxMs: 30_000 };
/** The server ends a watch after this long, by chance somewhere up to twice as long, so that not all end together. */
const WATCH_SECONDS_MIN = 300;
/** A server that ends watches faster than this, without an event, is in trouble: the next one waits. */
const SHORT_WATCH_MS = 1_000;
/** A server that refuses so often in a row to go on from where we were may never do so: it may be one that was restored. */
const REFUSED_RESUMES_MAX = 3;

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
  #isStarted = false;

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

  get size(): number {
    return this.#objects.size;
  }

  list(): readonly KubeObject[] {
    return [...this.#objects.values()];
  }

  /** Returns when `signal` is aborted. Call it once: two would do everything twice. */
  async run(signal: AbortSignal): Promise<void> {
    if (this.#isStarted) throw new Error(`the reflector of ${this.#options.path} runs already`);
    this.#isStarted = true;
    const { clock, log } = this.#dependencies;
    let failures = 0;
    while (!signal.aborted) {
      const { error, madeProgress } = await this.#listAndWatch(signal);
      if (signal.aborted) return;
      if (madeProgress) failures = 0;
      if (error === undefined && madeProgress) continue;

      failures += 1;
      this.#dependencies.stepped?.("failure");
      if (mustList(error, failures)) this.#resourceVersion = undefined;
      const pauseMs = Math.max(backoffMs(failures, BACKOFF, clock.random), retryAfterMsOf(error));
      log.warn({ path: this.#options.path, failures, error: hintOf(error), pauseMs }, "watch broken, trying again");
      await clock.sleep(pauseMs, signal);
    }
  }

  /** One watch, after a list where one is needed, and how it ended. */
  async #listAndWatch(signal: AbortSignal): Promise<{ readonly error: unknown; readonly madeProgress: boolean }> {
    const { clock } = this.#dependencies;
    let watchedFrom: { readonly resourceVersion: string; readonly atMs: number } | undefined;
    const madeProgress = (): boolean =>
      watchedFrom !== undefined &&
      (this.#resourceVersion !== watchedFrom.resourceVersion ||
        clock.monotonicMs() - watchedFrom.atMs >= SHORT_WATCH_MS);
    try {
      this.#resourceVersion ??= await this.#list(signal);
      const chunks = await this.#openWatch(this.#resourceVersion, signal);
      watchedFrom = { resourceVersion: this.#resourceVersion, atMs: clock.monotonicMs() };
      await this.#follow(chunks);
      return { error: undefined, madeProgress: madeProgress() };
    } catch (error) {
      return { error, madeProgress: madeProgress() };
    }
  }

  async #list(signal: AbortSignal): Promise<string> {
    const { path, labelSelector } = this.#options;
    const list = await this.#dependencies.client.list(path, selector(labelSelector), signal);
    const listed = new Map(list.items.map((item) => [keyOf(item), item]));
    for (const [key, object] of this.#objects) if (!listed.has(key)) this.#remove(object);
    for (const object of listed.values()) this.#store(object);
    this.#markSynced();
    this.#dependencies.stepped?.("list");
    return list.metadata.resourceVersion;
  }

  async #openWatch(resourceVersion: string, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const { client, clock } = this.#dependencies;
    return await client.watch(
      this.#options.path,
      {
        ...selector(this.#options.labelSelector),
        resourceVersion,
        allowWatchBookmarks: "true",
        timeoutSeconds: String(Math.round(WATCH_SECONDS_MIN * (1 + clock.random()))),
      },
      signal,
    );
  }

  async #follow(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const event of watchEvents(chunks)) {
      if (event.type !== "ERROR") this.#dependencies.stepped?.(event.type === "BOOKMARK" ? "bookmark" : "event");
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
    if (this.#options.isWithSpec === false) delete object.spec;
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
    const last = this.#objects.get(keyOf(object));
    if (last === undefined) return;
    this.#objects.delete(keyOf(object));
    this.#dependencies.changed({ kind: "deleted", object: last, before: undefined });
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

/** Whether only a new list makes it certain that nothing was missed. A broken connection does not. */
function mustList(error: unknown, failures: number): boolean {
  if (error instanceof MalformedWatchEvent) return true;
  if (!(error instanceof KubeError || error instanceof WatchRefused)) return false;
  // 410: the server no longer knows the history since then. 429: a list is what it can bear least.
  return error.code === 410 || (error.code !== 429 && failures >= REFUSED_RESUMES_MAX);
}

const retryAfterMsOf = (error: unknown): number => (error instanceof KubeError ? (error.retryAfterMs ?? 0) : 0);

function hintOf(error: unknown): string {
  if (error === undefined) return "the API server ended it at once";
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof KubeError)) return message;
  if (error.code === 404) return `${message} (is the CustomResourceDefinition installed? kubectl apply -f crds/)`;
  if (error.code === 403) return `${message} (the operator's role lacks list and watch there)`;
  return message;
}
