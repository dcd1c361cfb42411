import type { ConfigFile } from "../../proxy/contract/config-file.ts";
import { isKubeError } from "../kubernetes/kube-error.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { keyOf } from "../kubernetes/kube-object.ts";
import { secretValueOf } from "../observe/secret-reader.ts";
import { selectorLabels } from "../plan/child-metadata.ts";
import type { Manifest, PlannedConfig, PlannedSecret, ProxyObserved, SecretRef } from "../plan/model.ts";
import { ADMIN_TOKEN_FILE } from "../plan/secrets.ts";
import type { ChildWriter } from "./child-writer.ts";
import { type LiveChild, type LiveChildrenIo, liveChild } from "./live-children.ts";
import { refreshMounts } from "./mounted-secrets.ts";
import { secretManifest } from "./secret-manifest.ts";

/** What a plan says about one sequencer. */
export type SequencerPlan = {
  readonly sequencer: string;
  readonly config: PlannedConfig | undefined;
  /** resourceVersion of the ConfigMap that the config was planned from. */
  readonly configMapVersion: string | undefined;
  readonly secret: PlannedSecret | undefined;
  readonly manifests: readonly Manifest[];
  readonly proxies: readonly ProxyObserved[];
};

export type ApplyIo = LiveChildrenIo & {
  readonly writer: ChildWriter;
  /**
   * Pushes a document to one proxy. Never rejects: what it answered is kept and observed the next time. True: it is worth
   * looking at again soon.
   */
  readonly pushConfig: (
    proxy: ProxyObserved,
    document: ConfigFile,
    adminToken: string,
    signal: AbortSignal,
  ) => Promise<boolean>;
  readonly newAdminToken: () => string;
  /** Wall clock, milliseconds. */
  readonly nowMs: () => number;
};

export type SequencerOutcome =
  | { readonly kind: "applied"; readonly wrote: boolean }
  /** A child's name belongs to something else; nothing was written but the config of a proxy that runs already. */
  | { readonly kind: "taken"; readonly childKind: string; readonly childName: string };

/**
 * Writes one sequencer's children and pushes its config. The config goes first and needs nothing else, so that a
 * shut-off arrives even where the rest cannot be written; the Deployment comes after the Secret its pods mount.
 */
export async function applySequencer(
  plan: SequencerPlan,
  cluster: KubeObject,
  jwtValueOf: (ref: SecretRef) => string | undefined,
  io: ApplyIo,
  signal: AbortSignal,
): Promise<SequencerOutcome> {
  const namespace = cluster.metadata.namespace ?? "";
  const secret = { apiVersion: "v1", kind: "Secret", metadata: plan.secret?.metadata ?? secretMetadataOf(plan) };
  const wanted = plan.manifests.length === 0 ? [] : [...plan.manifests, secret];
  const live = new Map<string, LiveChild>();
  for (const child of wanted) live.set(child.kind, await liveChild(child, cluster, io, signal));
  const taken = wanted.find(({ kind }) => live.get(kind)?.kind === "taken");
  const takenOutcome: SequencerOutcome | undefined =
    taken === undefined ? undefined : { kind: "taken", childKind: taken.kind, childName: taken.metadata.name };
  // What runs already still gets its config, and so the shut-off; nothing new is begun.
  if (takenOutcome !== undefined && live.get("ConfigMap")?.kind !== "ours") return takenOutcome;

  const objectOf = (kind: string): KubeObject | undefined => {
    const child = live.get(kind);
    return child?.kind === "ours" ? child.object : undefined;
  };
  const write = async (manifest: Manifest): Promise<KubeObject | undefined> =>
    await io.writer.write(
      manifest,
      {
        clusterKey: keyOf(cluster),
        namespace,
        live: objectOf(manifest.kind),
        // Of two operators that look at the same time, one loses: revisions and the admin token have one writer.
        unlessChanged: manifest.kind === "ConfigMap" || manifest.kind === "Secret",
      },
      signal,
    );
  if (plan.config !== undefined && objectOf("ConfigMap")?.metadata.resourceVersion !== plan.configMapVersion) {
    // Another operator was faster. What was planned from the one before must not be written over it.
    throw new Error(`ConfigMap of ${plan.sequencer} changed while its config was planned`);
  }
  const configMaps = plan.manifests.filter(({ kind }) => kind === "ConfigMap");
  const others = plan.manifests.filter(({ kind }) => kind !== "ConfigMap");
  const keptToken = secretValueOf(objectOf("Secret"), ADMIN_TOKEN_FILE);

  let wrote = false;
  for (const manifest of configMaps) wrote = (await write(manifest)) !== undefined || wrote;
  if (plan.config !== undefined && keptToken !== undefined) {
    wrote = (await pushConfig(plan.config.document, plan.proxies, keptToken, io, signal)) || wrote;
  }
  if (takenOutcome !== undefined) return takenOutcome;
  let mounted = objectOf("Secret");
  if (plan.secret !== undefined) {
    const manifest = secretManifest(plan.secret, jwtValueOf, objectOf("Secret"), io);
    const written = await write(manifest).catch((error: unknown) => {
      if (isKubeError(error, 409)) io.secrets.forget(namespace, manifest.metadata.name);
      throw error;
    });
    if (written !== undefined) io.secrets.keep(namespace, manifest.metadata.name, written);
    mounted = written ?? mounted;
    wrote = written !== undefined || wrote;
  }
  for (const manifest of others) wrote = (await write(manifest)) !== undefined || wrote;
  const pods = io.caches.select("pods", namespace, selectorLabels(cluster.metadata.name, plan.sequencer));
  if (mounted !== undefined) wrote = (await refreshMounts(pods, mounted, io.client, signal)) || wrote;
  return { kind: "applied", wrote };
}

/** To every proxy that answers and does not run the document, all at once. True: one of them is to be looked at soon. */
async function pushConfig(
  document: ConfigFile,
  proxies: readonly ProxyObserved[],
  adminToken: string,
  io: ApplyIo,
  signal: AbortSignal,
): Promise<boolean> {
  const behind = proxies.filter(
    ({ status, conflict }) => status !== undefined && (conflict === true || status.revision < document.revision),
  );
  const pushed = await Promise.all(behind.map((proxy) => io.pushConfig(proxy, document, adminToken, signal)));
  return pushed.includes(true);
}

/** While a JWT secret is unusable no Secret is planned; the admin token of the one that exists still opens the proxies. */
const secretMetadataOf = (plan: SequencerPlan): Manifest["metadata"] =>
  plan.manifests[0]?.metadata ?? { name: plan.sequencer, labels: {} };
