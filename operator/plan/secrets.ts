import type { RollupBoostCluster, SequencerSpec } from "../api/cluster.ts";
import { childNameOf, GROUP } from "../api/names.ts";
import { childMetadata } from "./child-metadata.ts";
import type { Observed, PlannedSecret, SecretForm, SecretRef } from "./model.ts";

/** File of the sequencer's own JWT secret in the proxy's secrets folder. */
export const EXECUTION_CLIENT_SECRET_FILE = "execution-client.jwt";

/** File of the bearer token for writes to the proxy's admin port, in the proxy's secrets folder. */
export const ADMIN_TOKEN_FILE = "admin-token";

/**
 * Annotation of an owned Secret: where each of its files was copied from, as JSON. It tells a copy of what the spec refers
 * to now from a copy of what it referred to before.
 */
export const SECRET_SOURCES_ANNOTATION = `${GROUP}/secret-sources`;

/** One source in that annotation. */
export const sourceText = ({ name, key }: SecretRef): string => `${name}/${key}`;

/** Ending of the file that holds the secret before, for a while after a rotation. The proxy reads it when it starts. */
export const PREVIOUS_SUFFIX = ".previous";

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
 * Those of them that some proxy cannot do without: it has no good copy from before. As long as each has one, the proxies
 * go on with that, and so does a restarted operator.
 */
export const lackingSecretsOf = (cluster: RollupBoostCluster, observed: Observed): readonly SecretForm[] =>
  unusableSecretsOf(cluster, observed.secrets).filter(({ ref }) =>
    cluster.spec.sequencers.some((sequencer) => {
      const kept = observed.sequencers[sequencer.name]?.keptSecretFiles ?? [];
      return filesOf(cluster, sequencer).some(({ file, from }) => isSame(from, ref) && !kept.includes(file));
    }),
  );

/**
 * The secrets of one sequencer's proxy. Those of every builder, not only of the wired one: a mounted Secret reaches a
 * pod after a minute or more, and a builder that is wired to this proxy must be usable at once.
 */
export function plannedSecret(cluster: RollupBoostCluster, sequencer: SequencerSpec): PlannedSecret {
  const files = filesOf(cluster, sequencer);
  const sources = Object.fromEntries(files.map(({ file, from }) => [file, sourceText(from)]));
  return {
    sequencer: sequencer.name,
    name: childNameOf(cluster.metadata.name, sequencer.name),
    metadata: {
      ...childMetadata(cluster, sequencer.name),
      annotations: { [SECRET_SOURCES_ANNOTATION]: JSON.stringify(sources) },
    },
    files,
  };
}

/** The files of one sequencer's proxy and what each is a copy of. */
export const filesOf = (cluster: RollupBoostCluster, sequencer: SequencerSpec): PlannedSecret["files"] => [
  { file: EXECUTION_CLIENT_SECRET_FILE, from: sequencer.executionClient.jwtSecretRef },
  ...cluster.spec.builders.map((builder) => ({ file: builderSecretFile(builder.name), from: builder.jwtSecretRef })),
];

const isSame = (a: SecretRef, b: SecretRef): boolean => a.name === b.name && a.key === b.key;
