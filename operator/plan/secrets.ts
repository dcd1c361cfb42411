import type { RollupBoostCluster, SequencerSpec } from "../api/cluster.ts";
import { childNameOf } from "../api/names.ts";
import { childMetadata } from "./child-metadata.ts";
import type { PlannedSecret, SecretForm, SecretRef } from "./model.ts";

/** File of the sequencer's own JWT secret in the proxy's secrets folder. */
export const EXECUTION_CLIENT_SECRET_FILE = "execution-client.jwt";

/** File of the bearer token for writes to the proxy's admin port, in the proxy's secrets folder. */
export const ADMIN_TOKEN_FILE = "admin-token";

/** File of a builder's JWT secret in the proxy's secrets folder. */
export const builderSecretFile = (builder: string): string => `builder-${builder}.jwt`;

/** Every JWT secret the cluster needs, each once: what observe has to look at. */
export function secretRefsOf(cluster: RollupBoostCluster): readonly SecretRef[] {
  const { sequencers, builders } = cluster.spec;
  const refs = [
    ...sequencers.map(({ executionClient }) => executionClient.jwtSecretRef),
    ...builders.map((builder) => builder.jwtSecretRef),
  ];
  return refs.filter((ref, index) => refs.findIndex((other) => isSame(ref, other)) === index);
}

/** The JWT secrets that cannot be used; one that was not looked at counts as missing. */
export const unusableSecretsOf = (cluster: RollupBoostCluster, forms: readonly SecretForm[]): readonly SecretForm[] =>
  secretRefsOf(cluster)
    .map((ref) => forms.find((form) => isSame(form.ref, ref)) ?? ({ ref, form: "secret_missing" } as const))
    .filter(({ form }) => form !== "valid");

/**
 * The secrets of one sequencer's proxy. Those of every builder, not only of the wired one: a mounted Secret reaches a
 * pod after a minute or more, and a builder that is wired to this proxy must be usable at once.
 */
export const plannedSecret = (cluster: RollupBoostCluster, sequencer: SequencerSpec): PlannedSecret => ({
  sequencer: sequencer.name,
  name: childNameOf(cluster.metadata.name, sequencer.name),
  metadata: childMetadata(cluster, sequencer.name),
  files: [
    { file: EXECUTION_CLIENT_SECRET_FILE, from: sequencer.executionClient.jwtSecretRef },
    ...cluster.spec.builders.map((builder) => ({ file: builderSecretFile(builder.name), from: builder.jwtSecretRef })),
  ],
});

const isSame = (a: SecretRef, b: SecretRef): boolean => a.name === b.name && a.key === b.key;
