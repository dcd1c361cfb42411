import { createHash } from "node:crypto";
import type { Logger } from "pino";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { objectPath, resourceOf } from "../kubernetes/resources.ts";
import type { Manifest } from "../plan/model.ts";

/** Owns every field of the children that the operator sets. */
const FIELD_MANAGER = "rollup-boost-operator";

type Applied = { readonly manifest: string; readonly uid: string; readonly resourceVersion: string };

export type WriteOptions = {
  readonly clusterKey: string;
  readonly namespace: string;
  /** The child as last seen; it must belong to the cluster. Undefined: there is none. */
  readonly live: KubeObject | undefined;
  /** True: refuse (409) when the child is not as it was last seen any more. */
  readonly unlessChanged: boolean;
};

/** Applies children, and only when there is something to say: a child that is as it was after the last apply is left. */
export class ChildWriter {
  readonly #client: KubeClient;
  readonly #log: Logger;
  readonly #applied = new Map<string, Map<string, Applied>>();

  constructor(dependencies: { readonly client: KubeClient; readonly log: Logger }) {
    this.#client = dependencies.client;
    this.#log = dependencies.log;
  }

  /** The object after the write; undefined: there was nothing to write. */
  async write(manifest: Manifest, options: WriteOptions, signal: AbortSignal): Promise<KubeObject | undefined> {
    const { clusterKey, live } = options;
    const path = objectPath(resourceOf(manifest), options.namespace, manifest.metadata.name);
    const fingerprint = createHash("sha256").update(JSON.stringify(manifest)).digest("hex");
    const applied = this.#applied.get(clusterKey)?.get(path);
    if (
      live !== undefined &&
      applied?.manifest === fingerprint &&
      applied.uid === live.metadata.uid &&
      applied.resourceVersion === live.metadata.resourceVersion
    ) {
      return undefined;
    }
    // With the uid, an object that someone else made under this name in the meantime is refused, not taken over.
    const expected =
      live === undefined
        ? {}
        : {
            uid: live.metadata.uid,
            ...(options.unlessChanged ? { resourceVersion: live.metadata.resourceVersion } : {}),
          };
    const written = await this.#client.apply(
      path,
      { ...manifest, metadata: { ...manifest.metadata, ...expected } },
      { fieldManager: FIELD_MANAGER, force: true },
      signal,
    );
    const ofCluster = this.#applied.get(clusterKey) ?? new Map<string, Applied>();
    this.#applied.set(clusterKey, ofCluster);
    const { uid, resourceVersion } = written.metadata;
    ofCluster.set(path, { manifest: fingerprint, uid, resourceVersion });
    const isSame = [live?.metadata.resourceVersion, applied?.resourceVersion].includes(resourceVersion);
    if (isSame) return undefined;
    this.#log.info({ cluster: clusterKey, kind: manifest.kind, name: manifest.metadata.name }, "child applied");
    return written;
  }

  /** The cluster is gone. */
  forget(clusterKey: string): void {
    this.#applied.delete(clusterKey);
  }
}
