import { type ConditionReason, type Finding, stalled } from "../api/conditions.ts";
import type { SecretForm } from "./model.ts";

/** JWT secrets that cannot be used: which Secret and key, and what to do. The reason is that of the first. */
export function secretsUnusable(unusable: readonly SecretForm[]): readonly Finding[] {
  const first = unusable[0];
  return first === undefined ? [] : stalled(reasonOf(first), unusable.map(textOf).join("; "));
}

function reasonOf({ form }: SecretForm): ConditionReason {
  if (form === "secret_missing") return "SecretMissing";
  return form === "key_missing" ? "SecretKeyMissing" : "SecretMalformed";
}

function textOf({ ref, form }: SecretForm): string {
  if (form === "secret_missing") {
    return `Secret ${ref.name} does not exist: create it, with the JWT secret under key ${ref.key}`;
  }
  return form === "key_missing"
    ? `Secret ${ref.name} has no key ${ref.key}: put the JWT secret there, or correct jwtSecretRef.key`
    : `Secret ${ref.name}, key ${ref.key} is not a JWT secret: put the 64 hexadecimal characters there that its execution client or builder has`;
}
