import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isJwtSecret } from "../api/jwt-secret.ts";
import type { SecretForm, SecretRef } from "../plan/model.ts";
import type { SecretDocument } from "./secret-document.ts";

/** A JWT secret as found: what a plan may know, and the value for whoever writes the proxy's files. */
export type SecretFound = { readonly form: SecretForm; readonly value: string | undefined };

/** Where secrets come from: Secret documents of the manifest files, then `DIR/name/key` of `--secrets-dir`. */
export type SecretSource = {
  readonly documents: readonly SecretDocument[];
  readonly secretsDir: string | undefined;
};

/** Looks a JWT secret up. A Secret document of the same name comes before the folder, as it is the nearer one. */
export function findJwtSecret(source: SecretSource, namespace: string | undefined, ref: SecretRef): SecretFound {
  const document = source.documents.find((secret) => secret.name === ref.name && isIn(secret, namespace));
  const dir = source.secretsDir === undefined ? undefined : join(source.secretsDir, ref.name);
  const value = document?.values[ref.key] ?? (dir === undefined ? undefined : readText(join(dir, ref.key)));
  if (value !== undefined) {
    return isJwtSecret(value)
      ? { form: { ref, form: "valid" }, value }
      : { form: { ref, form: "malformed" }, value: undefined };
  }
  const exists = document !== undefined || (dir !== undefined && existsSync(dir));
  return { form: { ref, form: exists ? "key_missing" : "secret_missing" }, value: undefined };
}

/** A file's text; undefined: it is not there or cannot be read. */
export function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** Without a namespace on either side there is only one. */
const isIn = (secret: SecretDocument, namespace: string | undefined): boolean =>
  secret.namespace === undefined || namespace === undefined || secret.namespace === namespace;
