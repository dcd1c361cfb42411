import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import type { WatchStep } from "../health/watch-activity.ts";
import type { Clock } from "../kubernetes/clock.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { type KubeObject, keyOf } from "../kubernetes/kube-object.ts";
import { collectionPath, resources } from "../kubernetes/resources.ts";
import { CLUSTER_LABEL } from "../plan/child-metadata.ts";
import { type CacheChange, Reflector } from "./reflector.ts";

const CHILDREN = `app.kubernetes.io/managed-by=rollup-boost-operator,${CLUSTER_LABEL}`;

/** What is watched. Secrets are not: they are read by name, so that the operator's role needs no list of them. */
const WATCHED = {
  clusters: { resource: resources.clusters, labelSelector: undefined, isWithSpec: true },
  deployments: { resource: resources.deployments, labelSelector: CHILDREN, isWithSpec: false },
  configMaps: { resource: resources.configMaps, labelSelector: CHILDREN, isWithSpec: true },
  services: { resource: resources.services, labelSelector: CHILDREN, isWithSpec: true },
  podDisruptionBudgets: { resource: resources.podDisruptionBudgets, labelSelector: CHILDREN, isWithSpec: false },
  networkPolicies: { resource: resources.networkPolicies, labelSelector: CHILDREN, isWithSpec: false },
  // Of pods and Deployments only what they are and how they do is looked at; their specs are the most of them.
  pods: { resource: resources.pods, labelSelector: CHILDREN, isWithSpec: false },
} as const;

export type CacheName = keyof typeof WATCHED;
const NAMES = Object.keys(WATCHED) as CacheName[];

export type CachesOptions = {
  /** Namespaces to watch; none: all. */
  readonly namespaces: readonly string[];
};

export type CachesDependencies = {
  readonly client: Pick<KubeClient, "list" | "watch">;
  readonly clock: Clock;
  readonly log: Logger;
  /** A cluster (`namespace/name`) of which something changed that may ask for work. */
  readonly touched: (clusterKey: string) => void;
  /** Told what is going to be watched (`path`), and then of all that is done for it. */
  readonly watching: (path: string, resource: string) => (step: WatchStep) => void;
};

/** The watched part of the Kubernetes cluster, as last seen. */
export class Caches {
  readonly #reflectors: readonly { readonly name: CacheName; readonly reflector: Reflector }[];
  /** By `cacheName namespace/cluster`: with thousands of pods a look at one cluster must not go through all. */
  readonly #ofCluster = new Map<string, Map<string, KubeObject>>();

  constructor(options: CachesOptions, dependencies: CachesDependencies) {
    const { touched, watching, ...rest } = dependencies;
    const namespaces = options.namespaces.length === 0 ? [undefined] : options.namespaces;
    this.#reflectors = namespaces.flatMap((namespace) =>
      NAMES.map((name) => {
        const { resource, labelSelector, isWithSpec } = WATCHED[name];
        const changed = (change: CacheChange): void => {
          this.#index(name, change);
          for (const key of touchedBy(name, change)) touched(key);
        };
        const path = collectionPath(resource, namespace);
        const stepped = watching(path, resource.plural);
        return { name, reflector: new Reflector({ path, labelSelector, isWithSpec }, { ...rest, changed, stepped }) };
      }),
    );
  }

  /** Returns when `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(this.#reflectors.map(({ reflector }) => reflector.run(signal)));
  }

  /** Resolves when everything has been listed once: before, what is not there may only not have been seen. */
  async synced(): Promise<void> {
    await Promise.all(this.#reflectors.map(({ reflector }) => reflector.synced));
  }

  /** `key` is `namespace/name`. The object is shared: do not change it. */
  get(cache: CacheName, key: string): KubeObject | undefined {
    for (const { name, reflector } of this.#reflectors) {
      const object = name === cache ? reflector.get(key) : undefined;
      if (object !== undefined) return object;
    }
    return undefined;
  }

  /** Of all objects, `namespace/name`. */
  keys(cache: CacheName): readonly string[] {
    return this.#reflectors
      .filter(({ name }) => name === cache)
      .flatMap(({ reflector }) => reflector.list())
      .map(keyOf);
  }

  count(cache: CacheName): number {
    return this.#reflectors
      .filter(({ name }) => name === cache)
      .reduce((sum, { reflector }) => sum + reflector.size, 0);
  }

  /** The objects of a namespace that carry all these labels, by name. One of them must name the RollupBoostCluster. */
  select(cache: CacheName, namespace: string, labels: Readonly<Record<string, string>>): readonly KubeObject[] {
    return [...(this.#ofCluster.get(`${cache} ${namespace}/${labels[CLUSTER_LABEL]}`)?.values() ?? [])]
      .filter(({ metadata }) => Object.entries(labels).every(([label, value]) => metadata.labels?.[label] === value))
      .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }

  #index(cache: CacheName, { kind, object, before }: CacheChange): void {
    const gone = kind === "deleted" ? object : before;
    if (gone !== undefined) {
      const place = `${cache} ${ownerOf(gone)}`;
      const siblings = this.#ofCluster.get(place);
      siblings?.delete(keyOf(gone));
      if (siblings?.size === 0) this.#ofCluster.delete(place);
    }
    if (kind === "deleted") return;
    const place = `${cache} ${ownerOf(object)}`;
    const siblings = this.#ofCluster.get(place) ?? new Map<string, KubeObject>();
    this.#ofCluster.set(place, siblings.set(keyOf(object), object));
  }
}

/** `namespace/name` of the cluster that an object's label names. */
const ownerOf = ({ metadata }: KubeObject): string | undefined => {
  const cluster = metadata.labels?.[CLUSTER_LABEL];
  return cluster === undefined ? undefined : `${metadata.namespace}/${cluster}`;
};

/** Clusters that have to be looked at. Our own writes of a cluster's status come back as changes too: they ask for no work. */
function touchedBy(cache: CacheName, { object, before }: CacheChange): readonly string[] {
  if (cache !== "clusters") {
    // A child that was given to another cluster is one that the first has lost.
    const owners = new Set([object, before].flatMap((child) => (child === undefined ? [] : (ownerOf(child) ?? []))));
    return [...owners];
  }
  const isOnlyStatus =
    before !== undefined &&
    before.metadata.generation === object.metadata.generation &&
    before.metadata.deletionTimestamp === object.metadata.deletionTimestamp &&
    isDeepStrictEqual(before.metadata.annotations, object.metadata.annotations);
  return isOnlyStatus ? [] : [keyOf(object)];
}
