import type { KubeObject } from "../kubernetes/kube-object.ts";
import { keptValueOf } from "../observe/kept-secrets.ts";
import { secretValueOf } from "../observe/secret-reader.ts";
import type { Manifest, PlannedSecret, SecretRef } from "../plan/model.ts";
import { ADMIN_TOKEN_FILE } from "../plan/secrets.ts";
import { secretRotation } from "./secret-rotation.ts";

/**
 * The owned Secret: copies of the JWT secrets by file name, for a while those before a rotation, and the admin token, made
 * once. `owned` is the Secret as it is, if it is ours. A secret that cannot be read now keeps its
 * last good copy. Throws when there is none either, as a proxy without one of its secrets would be half-made.
 */
export function secretManifest(
  planned: PlannedSecret,
  jwtValueOf: (ref: SecretRef) => string | undefined,
  owned: KubeObject | undefined,
  io: { readonly newAdminToken: () => string; readonly nowMs: () => number },
): Manifest {
  const files = planned.files.map((planned): readonly [string, string] => {
    const { file, from } = planned;
    const value = jwtValueOf(from) ?? keptValueOf(owned, planned);
    if (value === undefined) throw new Error(`Secret ${from.name}, key ${from.key} has no valid value any more`);
    return [file, value];
  });
  const adminToken = secretValueOf(owned, ADMIN_TOKEN_FILE) ?? io.newAdminToken();
  const rotation = secretRotation(files, owned, io.nowMs());
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: { ...planned.metadata, annotations: { ...planned.metadata.annotations, ...rotation.annotations } },
    type: "Opaque",
    data: Object.fromEntries([...files, ...rotation.files, [ADMIN_TOKEN_FILE, adminToken] as const].map(encoded)),
  };
}

const encoded = ([file, value]: readonly [string, string]): readonly [string, string] => [
  file,
  Buffer.from(value).toString("base64"),
];
