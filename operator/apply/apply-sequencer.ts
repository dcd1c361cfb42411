import type { ConfigFile } from "../../proxy/contract/config-file.ts";
import { type KubeObject, keyOf } from "../kubernetes/kube-object.ts";
import { secretValueOf } from "../observe/secret-reader.ts";
import type { Manifest, PlannedConfig, PlannedSecret, ProxyObserved, SecretRef } from "../plan/model.ts";
import { ADMIN_TOKEN_FILE } from "../plan/secrets.ts";
import type { ChildWriter } from "./child-writer.ts";
import { type ChildName, type LiveChildrenIo, liveChildren } from "./live-children.ts";
import { secretManifest } from "./secret-manifest.ts";

/** What a plan says about one sequencer, and what it was made from. */
export type SequencerPlan = {
  readonly config: PlannedConfig;
  /** It goes before every other child. */
  readonly configMap: Manifest;
  /** Undefined while a JWT secret is unusable: the copies stay as they are. */
  readonly secret: PlannedSecret | undefined;
  readonly others: readonly Manifest[];
  readonly proxies: readonly ProxyObserved[];
  readonly jwtValueOf: (ref: SecretRef) => string | undefined;
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
  | { readonly kind: "taken"; readonly child: ChildName };

/**
 * Writes one sequencer's children and pushes its config. The config goes first and needs nothing else, so that a
 * shut-off arrives even where the rest cannot be written; the Deployment comes after the Secret its pods mount.
 */
export async function applySequencer(
  plan: SequencerPlan,
  cluster: KubeObject,
  io: ApplyIo,
  signal: AbortSignal,
): Promise<SequencerOutcome> {
  // Also while no Secret is planned: the admin token of the one that exists still opens the proxies.
  const secret = { apiVersion: "v1", kind: "Secret", metadata: plan.configMap.metadata };
  const live = await liveChildren([plan.configMap, secret, ...plan.others], cluster, io, signal);
  if (live.kind === "taken") return live;
  const namespace = cluster.metadata.namespace ?? "";
  const write = (manifest: Manifest, unlessChanged = false): Promise<KubeObject | undefined> =>
    io.writer.write(
      manifest,
      { clusterKey: keyOf(cluster), namespace, live: live.objectOf(manifest), unlessChanged },
      signal,
    );
  const adminToken = secretValueOf(live.objectOf(secret), ADMIN_TOKEN_FILE);
  const written: unknown[] = [await write(plan.configMap, true)];

  if (adminToken !== undefined) {
    const behind = plan.proxies.filter((proxy) => isBehind(proxy, plan.config.document));
    await Promise.all(behind.map((proxy) => io.pushConfig(proxy, plan.config.document, adminToken, signal)));
    written.push(...behind);
  }
  if (plan.secret !== undefined) {
    const manifest = secretManifest(plan.secret, plan.jwtValueOf, adminToken ?? io.newAdminToken());
    const writtenSecret = await write(manifest);
    if (writtenSecret !== undefined) io.secrets.keep(namespace, manifest.metadata.name, writtenSecret);
    written.push(writtenSecret);
  }
  for (const manifest of plan.others) written.push(await write(manifest));
  return { kind: "applied", wrote: written.some((object) => object !== undefined) };
}

/** One that does not answer is not pushed to: it is asked again soon. */
const isBehind = ({ status, conflict }: ProxyObserved, document: ConfigFile): boolean =>
  status !== undefined && (conflict === true || status.revision < document.revision);
