import type { ConfigFile } from "../../proxy/contract/config-file.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { keyOf } from "../kubernetes/kube-object.ts";
import { secretValueOf } from "../observe/secret-reader.ts";
import type { Manifest, PlannedConfig, PlannedSecret, ProxyObserved, SecretRef } from "../plan/model.ts";
import { ADMIN_TOKEN_FILE } from "../plan/secrets.ts";
import type { ChildWriter } from "./child-writer.ts";
import { type LiveChild, type LiveChildrenIo, liveChild } from "./live-children.ts";
import { secretManifest } from "./secret-manifest.ts";

/** What a plan says about one sequencer. */
export type SequencerPlan = {
  readonly sequencer: string;
  readonly config: PlannedConfig | undefined;
  readonly secret: PlannedSecret | undefined;
  readonly manifests: readonly Manifest[];
  readonly proxies: readonly ProxyObserved[];
};

export type ApplyIo = LiveChildrenIo & {
  readonly writer: ChildWriter;
  /** Pushes a document to one proxy. Never rejects: what it answered is kept and observed the next time. */
  readonly pushConfig: (
    proxy: ProxyObserved,
    document: ConfigFile,
    adminToken: string,
    signal: AbortSignal,
  ) => Promise<void>;
  readonly newAdminToken: () => string;
};

export type SequencerOutcome =
  | { readonly kind: "applied"; readonly wrote: boolean }
  /** A child's name belongs to something else; nothing was written. */
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
  const secret = { apiVersion: "v1", kind: "Secret", metadata: plan.secret?.metadata ?? secretMetadataOf(plan) };
  const wanted = plan.manifests.length === 0 ? [] : [...plan.manifests, secret];
  const live = new Map<string, LiveChild>();
  for (const child of wanted) live.set(child.kind, await liveChild(child, cluster, io, signal));
  const taken = wanted.find(({ kind }) => live.get(kind)?.kind === "taken");
  if (taken !== undefined) return { kind: "taken", childKind: taken.kind, childName: taken.metadata.name };

  const objectOf = (kind: string): KubeObject | undefined => {
    const child = live.get(kind);
    return child?.kind === "ours" ? child.object : undefined;
  };
  const write = async (manifest: Manifest): Promise<KubeObject | undefined> =>
    await io.writer.write(
      manifest,
      {
        clusterKey: keyOf(cluster),
        namespace: cluster.metadata.namespace ?? "",
        live: objectOf(manifest.kind),
        unlessChanged: manifest.kind === "ConfigMap",
      },
      signal,
    );
  const configMaps = plan.manifests.filter(({ kind }) => kind === "ConfigMap");
  const others = plan.manifests.filter(({ kind }) => kind !== "ConfigMap");
  const keptToken = secretValueOf(objectOf("Secret"), ADMIN_TOKEN_FILE);

  let wrote = false;
  for (const manifest of configMaps) wrote = (await write(manifest)) !== undefined || wrote;
  if (plan.config !== undefined && keptToken !== undefined) {
    wrote = (await pushConfig(plan.config.document, plan.proxies, keptToken, io, signal)) || wrote;
  }
  if (plan.secret !== undefined) {
    const manifest = secretManifest(plan.secret, jwtValueOf, keptToken ?? io.newAdminToken());
    const written = await write(manifest);
    if (written !== undefined) io.secrets.keep(cluster.metadata.namespace ?? "", manifest.metadata.name, written);
    wrote = written !== undefined || wrote;
  }
  for (const manifest of others) wrote = (await write(manifest)) !== undefined || wrote;
  return { kind: "applied", wrote };
}

/** To every proxy that answers and does not run the document, all at once. True: there was one. */
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
  await Promise.all(behind.map((proxy) => io.pushConfig(proxy, document, adminToken, signal)));
  return behind.length > 0;
}

/** While a JWT secret is unusable no Secret is planned; the admin token of the one that exists still opens the proxies. */
const secretMetadataOf = (plan: SequencerPlan): Manifest["metadata"] =>
  plan.manifests[0]?.metadata ?? { name: plan.sequencer, labels: {} };
