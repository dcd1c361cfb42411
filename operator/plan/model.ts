import type { ConfigFile } from "../../proxy/contract/config-file.ts";
import type { ProxyStatus } from "../../proxy/contract/status.ts";
import type { ClusterStatus, Leadership } from "../api/cluster-status.ts";

/** A key of a Secret in the cluster's namespace. */
export type SecretRef = { readonly name: string; readonly key: string };

/** What is known about a referenced JWT secret. Its bytes never come here. */
export type SecretForm = {
  readonly ref: SecretRef;
  readonly form: "valid" | "secret_missing" | "key_missing" | "malformed";
};

/** One proxy: a pod, or a process in standalone mode. Surging and terminating pods are observed too. */
export type ProxyObserved = {
  readonly name: string;
  readonly adminUrl: string;
  readonly ready: boolean;
  /** Undefined: it did not answer; then `problem` says why. */
  readonly status: ProxyStatus | undefined;
  /** Why it did not answer, or why it refused the last document. No secret, no credentials. */
  readonly problem?: string;
  /** True: the last push was answered `conflict` (same revision, other content); a higher revision settles it. */
  readonly conflict?: boolean;
};

export type SequencerObserved = {
  /** What the ConfigMap (standalone: the state folder) holds; undefined: nothing yet. */
  readonly written: ConfigFile | undefined;
  readonly proxies: readonly ProxyObserved[];
  readonly leader: Leadership;
  /** Deployment available, or process running. */
  readonly proxiesAvailable: boolean;
  /** Files of its owned Secret that hold a good copy of what the spec refers to now. Standalone: absent. */
  readonly keptSecretFiles?: readonly string[];
};

/** Everything a plan depends on besides the cluster itself. As JSON it is a bug report that becomes a test. */
export type Observed = {
  /** One for each of `secretRefsOf(cluster)`; one that lacks counts as missing. */
  readonly secrets: readonly SecretForm[];
  /** By sequencer name; one that lacks has no children yet. */
  readonly sequencers: Readonly<Record<string, SequencerObserved>>;
  /** Where conditions keep their lastTransitionTime from. */
  readonly previousStatus: ClusterStatus | undefined;
  /** RFC 3339, whole seconds, as Kubernetes writes them. */
  readonly now: string;
};

export type PlanOptions = {
  /** Image of the proxy unless the spec names one. */
  readonly proxyImage: string;
  readonly operatorVersion: string;
};

/** One owned Secret (standalone: one folder) per sequencer. The admin token joins it: made once by apply, then kept. */
export type PlannedSecret = {
  readonly sequencer: string;
  readonly name: string;
  /** For the Kubernetes object; standalone has no use for it. */
  readonly metadata: ManifestMetadata;
  readonly files: readonly { readonly file: string; readonly from: SecretRef }[];
};

export type PlannedConfig = {
  readonly sequencer: string;
  readonly document: ConfigFile;
  /** True: it differs from what is written and must be written before it is pushed. */
  readonly changed: boolean;
};

type OwnerReference = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: true;
  readonly blockOwnerDeletion: true;
};

export type ManifestMetadata = {
  readonly name: string;
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
};

/** A Kubernetes object as plain JSON, holding only the fields we mean (server-side apply). */
export type Manifest = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ManifestMetadata;
} & Readonly<Record<string, unknown>>;

/** A child of the whole cluster. `unwanted`: the spec does not ask for it (any more), so one that is ours goes. */
export type SharedChild = { readonly manifest: Manifest; readonly isWanted: boolean };

export type Plan = {
  readonly configs: readonly PlannedConfig[];
  readonly secrets: readonly PlannedSecret[];
  /**
   * ConfigMap, Deployment, Service per sequencer, in the order to apply them. While a JWT secret cannot be used and there
   * is no good copy of it: only the ConfigMaps that exist already, so that the shut-off still arrives; nothing for a new cluster.
   */
  readonly manifests: readonly Manifest[];
  /** Kubernetes children that the cluster's proxies share. */
  readonly shared: readonly SharedChild[];
  readonly status: ClusterStatus;
};
