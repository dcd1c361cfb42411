/** API group of everything this operator serves, also the prefix of its labels. */
export const GROUP = "rollup-boost.dev";

/** The served and stored version. */
export const VERSION = "v1alpha1";

/** `apiVersion` of a RollupBoostCluster. */
export const API_VERSION = `${GROUP}/${VERSION}`;

/** `kind` of a RollupBoostCluster. */
export const KIND = "RollupBoostCluster";

/** Path segment of the resource in the Kubernetes API. */
export const PLURAL = "rollupboostclusters";

/** Longest metadata.name: with the longest sequencer name, `<cluster>-<sequencer>` stays within a DNS label's 63. */
export const CLUSTER_NAME_LENGTH_MAX = 30;

/** Name of a sequencer's children (Deployment, Service, ConfigMap, Secret) and of its folder in standalone mode. */
export const childNameOf = (cluster: string, sequencer: string): string => `${cluster}-${sequencer}`;

/** Annotation of a RollupBoostCluster that, set to `disabled`, pauses its reconciliation. */
export const RECONCILE_ANNOTATION = `${GROUP}/reconcile`;
