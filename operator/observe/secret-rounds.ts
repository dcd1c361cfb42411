import type { Clock } from "../kubernetes/clock.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { objectPath, resources } from "../kubernetes/resources.ts";
import { type SecretReader, versionOf } from "./secret-reader.ts";

/** A rotated Secret is noticed after this long, and where there are many, after as long as a round takes. */
const ROUND_MS = 5_000;
/** All Secrets together; a thousand take less than a minute. */
const LOOKS_PER_SECOND_MAX = 20;

export type SecretRoundsDependencies = {
  readonly client: Pick<KubeClient, "getMetadata">;
  readonly clock: Clock;
  readonly secrets: Pick<SecretReader, "versionOf" | "forget">;
  /** A cluster (`namespace/name`) that names a Secret which is not as it was read. */
  readonly touched: (clusterKey: string) => void;
};

/**
 * Looks at the version of every Secret that clusters name, each once a round: the operator has no right to list or watch
 * Secrets, and a look at a whole cluster is too dear to be made for this.
 */
export class SecretRounds {
  readonly #dependencies: SecretRoundsDependencies;
  /** By cluster, what it names. */
  readonly #named = new Map<string, { readonly namespace: string; readonly names: readonly string[] }>();

  constructor(dependencies: SecretRoundsDependencies) {
    this.#dependencies = dependencies;
  }

  /** A cluster names these Secrets, and no others. */
  follow(clusterKey: string, namespace: string, names: readonly string[]): void {
    this.#named.set(clusterKey, { namespace, names });
  }

  /** The cluster is gone. */
  forget(clusterKey: string): void {
    this.#named.delete(clusterKey);
  }

  /** Goes round until `signal` is aborted. Never rejects: what cannot be read is looked at in the next round. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#dependencies;
    while (!signal.aborted) {
      const secrets = this.#clustersBySecret();
      const pauseMs = Math.max(1_000 / LOOKS_PER_SECOND_MAX, ROUND_MS / Math.max(1, secrets.size));
      for (const { namespace, name, clusters } of secrets.values()) {
        await this.#look(namespace, name, clusters, signal);
        await clock.sleep(pauseMs, signal);
        if (signal.aborted) return;
      }
      if (secrets.size === 0) await clock.sleep(ROUND_MS, signal);
    }
  }

  async #look(namespace: string, name: string, clusters: readonly string[], signal: AbortSignal): Promise<void> {
    const { client, secrets, touched } = this.#dependencies;
    const known = secrets.versionOf(namespace, name);
    // Whoever reads it first sees it as it is.
    if (known === undefined) return;
    try {
      const found = await client.getMetadata(objectPath(resources.secrets, namespace, name), signal);
      if (versionOf(found) === known || secrets.versionOf(namespace, name) !== known) return;
      secrets.forget(namespace, name);
      for (const cluster of clusters) touched(cluster);
    } catch {
      // The API server is away or refuses: whoever reads the Secret itself says so.
    }
  }

  #clustersBySecret() {
    const secrets = new Map<
      string,
      { readonly namespace: string; readonly name: string; readonly clusters: string[] }
    >();
    for (const [cluster, { namespace, names }] of this.#named) {
      for (const name of names) {
        const secret = secrets.get(`${namespace}/${name}`) ?? { namespace, name, clusters: [] };
        secret.clusters.push(cluster);
        secrets.set(`${namespace}/${name}`, secret);
      }
    }
    return secrets;
  }
}
