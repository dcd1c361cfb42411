import type { Logger } from "pino";
import type { Clock } from "../kubernetes/clock.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { type KubeObject, keyOf } from "../kubernetes/kube-object.ts";
import { collectionPath, resources } from "../kubernetes/resources.ts";
import { CLUSTER_LABEL } from "../plan/child-metadata.ts";
import { type CacheChange, Reflector } from "./reflector.ts";

const CHILDREN = `app.kubernetes.io/managed-by=rollup-boost-operator,${CLUSTER_LABEL}`;

/** What is watched. Secrets are not: they are read by name, so that the operator's role needs no list of them. */
const WATCHED = {
  clusters: { resource: resources.clusters, labelSelector: undefined },
  deployments: { resource: resources.deployments, labelSelector: CHILDREN },
  configMaps: { resource: resources.configMaps, labelSelector: CHILDREN },
  services: { resource: resources.services, labelSelector: CHILDREN },
  pods: { resource: resources.pods, labelSelector: CHILDREN },
} as const;

export type CacheName = keyof typeof WATCHED;
const NAMES = Object.keys(WATCHED) as CacheName[];

export type CachesOptions = {
  /** Namespaces to watch; none: all. */
  readonly namespaces: readonly string[];
};

export type CachesDependencies = {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** A cluster (`namespace/name`) of which something changed that may ask for work. */
  readonly touched: (clusterKey: string) => void;
};

/** The watched part of the Kubernetes cluster, as last seen. */
export class Caches {
  readonly #reflectors: readonly { readonly name: CacheName; readonly reflector: Reflector }[];

  constructor(options: CachesOptions, dependencies: CachesDependencies) {
    const { touched, ...rest } = dependencies;
    const namespaces = options.namespaces.length === 0 ? [undefined] : options.namespaces;
    this.#reflectors = namespaces.flatMap((namespace) =>
      NAMES.map((name) => {
        const { resource, labelSelector } = WATCHED[name];
        const changed = (change: CacheChange): void => {
          const key = clusterKeyOf(name, change);
          if (key !== undefined) touched(key);
        };
        const reflectorOptions = { path: collectionPath(resource, namespace), labelSelector };
        return { name, reflector: new Reflector(reflectorOptions, { ...rest, changed }) };
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

  /** The objects of a namespace that carry all these labels, by name. */
  select(cache: CacheName, namespace: string, labels: Readonly<Record<string, string>>): readonly KubeObject[] {
    return this.#reflectors
      .filter(({ name }) => name === cache)
      .flatMap(({ reflector }) => reflector.list())
      .filter(({ metadata }) => metadata.namespace === namespace)
      .filter(({ metadata }) => Object.entries(labels).every(([label, value]) => metadata.labels?.[label] === value))
      .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  }
}

/** Our own writes of a cluster's status come back as changes too: they ask for no work. */
function clusterKeyOf(cache: CacheName, { object, before }: CacheChange): string | undefined {
  const { namespace, name, labels } = object.metadata;
  if (cache !== "clusters") {
    const cluster = labels?.[CLUSTER_LABEL];
    return cluster === undefined ? undefined : `${namespace}/${cluster}`;
  }
  const isOnlyStatus =
    before !== undefined &&
    before.metadata.generation === object.metadata.generation &&
    before.metadata.deletionTimestamp === object.metadata.deletionTimestamp;
  return isOnlyStatus ? undefined : `${namespace}/${name}`;
}
