import type { Manifest, PlannedSecret, SecretRef } from "../plan/model.ts";
import { ADMIN_TOKEN_FILE } from "../plan/secrets.ts";

/**
 * The owned Secret: copies of the JWT secrets by file name, and the admin token. Throws when a value is not there, as a
 * proxy without one of its secrets would be half-made.
 */
export function secretManifest(
  planned: PlannedSecret,
  secretValueOf: (ref: SecretRef) => string | undefined,
  adminToken: string,
): Manifest {
  const files = planned.files.map(({ file, from }): readonly [string, string] => {
    const value = secretValueOf(from);
    if (value === undefined) throw new Error(`Secret ${from.name}, key ${from.key} has no valid value any more`);
    return [file, value];
  });
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: planned.metadata,
    type: "Opaque",
    data: Object.fromEntries([...files, [ADMIN_TOKEN_FILE, adminToken] as const].map(encoded)),
  };
}

const encoded = ([file, value]: readonly [string, string]): readonly [string, string] => [
  file,
  Buffer.from(value).toString("base64"),
];
