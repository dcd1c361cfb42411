import { isDeepStrictEqual } from "node:util";
import type { Logger } from "pino";
import { ClusterStatus } from "../api/cluster-status.ts";
import { crdOutdated } from "../api/conditions.ts";
import { GROUP, PLURAL } from "../api/names.ts";
import type { Clock } from "../kubernetes/clock.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import { isKubeError } from "../kubernetes/kube-error.ts";
import { type KubeObject, keyOf } from "../kubernetes/kube-object.ts";
import { objectPath, resources } from "../kubernetes/resources.ts";
import { previousStatusOf } from "../observe/observe-cluster.ts";
import { statusAlso } from "../plan/status.ts";

/** A manager of its own, so that what owns the children's fields never owns the status and the other way round. */
const STATUS_FIELD_MANAGER = "rollup-boost-operator-status";

const CRD_NAME = `${PLURAL}.${GROUP}`;
/** Those of hundreds of clusters. */
const PRUNED_KEPT = 2_000;
/** How often it is tried whether the schema has everything by now. */
const SCHEMA_LOOK_MS = 30_000;

/** Writes the whole status, only when it differs. A cluster that has gone in the meantime is none of its business. */
export class StatusWriter {
  readonly #client: KubeClient;
  readonly #log: Logger;
  readonly #clock: Clock;
  /** By cluster, what was written where the API server drops what its schema does not have: it never reads back equal. */
  readonly #pruned = new Map<string, { readonly wanted: unknown; readonly stored: unknown; readonly atMs: number }>();

  constructor(dependencies: { readonly client: KubeClient; readonly log: Logger; readonly clock: Clock }) {
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
    this.#log = dependencies.log;
  }

  async write(cluster: KubeObject, status: ClusterStatus, now: string, signal: AbortSignal): Promise<void> {
    const wanted: unknown = JSON.parse(JSON.stringify(status));
    if (isDeepStrictEqual(wanted, cluster.status)) return;
    const { name, namespace = "", uid } = cluster.metadata;
    const key = `${keyOf(cluster)} ${uid}`;
    const pruned = this.#pruned.get(key);
    if (
      pruned !== undefined &&
      this.#clock.monotonicMs() - pruned.atMs < SCHEMA_LOOK_MS &&
      isDeepStrictEqual(pruned.wanted, wanted) &&
      isDeepStrictEqual(pruned.stored, cluster.status)
    ) {
      return;
    }
    const path = `${objectPath(resources.clusters, namespace, name)}/status`;
    const { apiVersion, kind } = resources.clusters;
    const apply = (): Promise<KubeObject> =>
      this.#client.apply(
        path,
        { apiVersion, kind, metadata: { name, namespace, uid }, status: wanted },
        { fieldManager: STATUS_FIELD_MANAGER, force: true },
        signal,
      );
    try {
      const written = await apply();
      this.#pruned.delete(key);
      if (!saysOutdated(written.status)) return;
      // What the merge patch wrote has another manager: server-side apply would leave it there for ever.
      await this.#client.mergePatch(path, { metadata: { uid }, status: null }, signal);
      await apply();
    } catch (error) {
      if (isKubeError(error, 404)) return;
      if (!isKubeError(error, 500) || !error.message.includes("field not declared in schema")) throw error;
      const finding = crdOutdated(CRD_NAME);
      if (this.#pruned.size === 0) this.#log.error({ crd: CRD_NAME }, finding.message);
      // A merge patch is taken, without what the schema lacks.
      const said = statusAlso(status, [finding], previousStatusOf(cluster), now);
      const patch = { metadata: { uid }, status: { ...nothingOf(cluster.status), ...said } };
      const stored = await this.#client.mergePatch(path, patch, signal);
      this.#keep(key, wanted, stored.status);
    }
  }

  #keep(key: string, wanted: unknown, stored: unknown): void {
    this.#pruned.delete(key);
    this.#pruned.set(key, { wanted, stored, atMs: this.#clock.monotonicMs() });
    const oldest = this.#pruned.size > PRUNED_KEPT ? this.#pruned.keys().next().value : undefined;
    if (oldest !== undefined) this.#pruned.delete(oldest);
  }
}

const saysOutdated = (status: unknown): boolean =>
  ClusterStatus.safeParse(status).data?.conditions?.some(({ type }) => type === "CrdOutdated") ?? false;

/** A merge patch removes only what is named. */
const nothingOf = (status: unknown): Readonly<Record<string, null>> =>
  Object.fromEntries(
    Object.keys(typeof status === "object" && status !== null ? status : {}).map((key) => [key, null]),
  );
