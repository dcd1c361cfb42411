import { createHash } from "node:crypto";
import type { Logger } from "pino";
import type { FieldConflict } from "../api/conditions.ts";
import type { Clock } from "../kubernetes/clock.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { collectionPath, objectPath, resourceOf } from "../kubernetes/resources.ts";
import type { Manifest } from "../plan/model.ts";
import { ConflictMemory, contestedFieldsOf } from "./field-conflicts.ts";

/** Owns every field of the children that the operator sets. */
const FIELD_MANAGER = "rollup-boost-operator";

type Applied = { readonly manifest: string; readonly uid: string; readonly resourceVersion: string };

export type WriteOptions = {
  readonly clusterKey: string;
  readonly namespace: string;
  /** The child as last seen; it must belong to the cluster. Undefined: there is none. */
  readonly live: KubeObject | undefined;
  /** True: refuse (409) when the child is not as it was last seen any more, or is there now where none was. */
  readonly unlessChanged: boolean;
};

/** Applies children, and only when there is something to say: a child that is as it was after the last apply is left. */
export class ChildWriter {
  readonly #client: KubeClient;
  readonly #log: Logger;
  readonly #conflicts: ConflictMemory;
  readonly #applied = new Map<string, Map<string, Applied>>();

  constructor(dependencies: { readonly client: KubeClient; readonly log: Logger; readonly clock: Clock }) {
    this.#client = dependencies.client;
    this.#log = dependencies.log;
    this.#conflicts = new ConflictMemory(dependencies.clock);
  }

  /** The object after the write; undefined: there was nothing to write. */
  async write(manifest: Manifest, options: WriteOptions, signal: AbortSignal): Promise<KubeObject | undefined> {
    const { clusterKey, live, namespace } = options;
    const resource = resourceOf(manifest);
    const path = objectPath(resource, namespace, manifest.metadata.name);
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
    const base = live ?? (options.unlessChanged ? await this.#claim(manifest, namespace, signal) : undefined);
    const expected =
      base === undefined
        ? {}
        : {
            uid: base.metadata.uid,
            ...(options.unlessChanged ? { resourceVersion: base.metadata.resourceVersion } : {}),
          };
    const intent = { ...manifest, metadata: { ...manifest.metadata, ...expected } };
    // What the API server says about a Secret is not read, as it may repeat it: whose field it was could not be told.
    const force = manifest.kind === "Secret";
    const written = await this.#client
      .apply(path, intent, { fieldManager: FIELD_MANAGER, force }, signal)
      .catch(async (error: unknown) => {
        const contested = contestedFieldsOf(error);
        // Only what is ours is set back by force.
        if (contested.length === 0 || base === undefined) throw error;
        const { kind, metadata } = manifest;
        this.#conflicts.note(
          clusterKey,
          contested.map((conflict) => ({ kind, name: metadata.name, ...conflict })),
        );
        this.#log.warn({ cluster: clusterKey, kind, name: metadata.name, contested }, "setting fields back");
        return await this.#client.apply(path, intent, { fieldManager: FIELD_MANAGER, force: true }, signal);
      });
    const ofCluster = this.#applied.get(clusterKey) ?? new Map<string, Applied>();
    this.#applied.set(clusterKey, ofCluster);
    const { uid, resourceVersion } = written.metadata;
    ofCluster.set(path, { manifest: fingerprint, uid, resourceVersion });
    const isSame = [live?.metadata.resourceVersion, applied?.resourceVersion].includes(resourceVersion);
    if (isSame) return undefined;
    this.#log.info({ cluster: clusterKey, kind: manifest.kind, name: manifest.metadata.name }, "child applied");
    return written;
  }

  /**
   * Makes the child empty, with its name and owner alone: of two writers that saw none, one is refused. Server-side apply
   * cannot say "only if there is none".
   */
  #claim({ apiVersion, kind, metadata }: Manifest, namespace: string, signal: AbortSignal): Promise<KubeObject> {
    const { name, ownerReferences } = metadata;
    const claim = { apiVersion, kind, metadata: { name, ownerReferences } };
    return this.#client.create(collectionPath(resourceOf({ apiVersion, kind }), namespace), claim, signal);
  }

  /** What was set back lately, and who had set it. */
  conflictsOf(clusterKey: string): readonly FieldConflict[] {
    return this.#conflicts.of(clusterKey);
  }

  /** The cluster is gone. */
  forget(clusterKey: string): void {
    this.#applied.delete(clusterKey);
    this.#conflicts.forget(clusterKey);
  }
}
