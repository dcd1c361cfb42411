import { type ConditionReason, type Finding, stalled } from "../api/conditions.ts";
import type { SecretForm } from "./model.ts";

/** JWT secrets that cannot be used and of which some proxy has no copy. The reason is that of the first. */
export function secretsLacking(lacking: readonly SecretForm[]): readonly Finding[] {
  const first = lacking[0];
  return first === undefined ? [] : stalled(reasonOf(first), lacking.map(textOf).join("; "));
}

/** Whether every JWT secret can be read where the spec says; if not, which Secret and key, what to do, and what runs. */
export function secretsValid(unusable: readonly SecretForm[], lacking: readonly SecretForm[]): Finding {
  const type = "SecretsValid";
  const first = unusable[0];
  if (first === undefined) {
    return { type, status: "True", reason: "AllSecretsValid", message: "every JWT secret is there and well formed" };
  }
  const texts = unusable.map((form) => (lacking.includes(form) ? textOf(form) : `${textOf(form)} (${KEPT_TEXT})`));
  return { type, status: "False", reason: reasonOf(first), message: texts.join("; ") };
}

const KEPT_TEXT = "the proxies go on with the last good one";

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
