import { z } from "zod";
import { isJwtSecret } from "../api/jwt-secret.ts";
import type { Clock } from "../kubernetes/clock.ts";
import type { KubeClient } from "../kubernetes/kube-client.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { objectPath, resources } from "../kubernetes/resources.ts";
import type { SecretForm, SecretRef } from "../plan/model.ts";

/** A rotated secret is noticed far earlier, as the rounds look at its version. */
const GOOD_AGE_MS = 120_000;
/** A secret that is awaited is looked for this often. */
const BAD_AGE_MS = 1_000;
/** An owned Secret changes only by our own hand, which remembers what it wrote; one that someone deleted is missed so long. */
export const OWNED_AGE_MS = 30_000;
/** Those of hundreds of clusters. */
const SECRETS_KEPT = 10_000;

const Data = z.object({ data: z.record(z.string(), z.string()).optional() });

/** A JWT secret as read: what a plan may know, and the value for those who write it. */
export type SecretRead = { readonly form: SecretForm; readonly value: string | undefined };

/** Reads Secrets by name and remembers them for seconds. */
export class SecretReader {
  readonly #client: Pick<KubeClient, "get">;
  readonly #clock: Clock;
  readonly #kept = new Map<string, { readonly object: KubeObject | undefined; readonly atMs: number }>();
  readonly #reading = new Map<string, Promise<KubeObject | undefined>>();

  constructor(dependencies: { readonly client: Pick<KubeClient, "get">; readonly clock: Clock }) {
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
  }

  async readJwt(namespace: string, ref: SecretRef, signal: AbortSignal): Promise<SecretRead> {
    const read = jwtOf(await this.read(namespace, ref.name, GOOD_AGE_MS, signal), ref);
    if (read.form.form === "valid") return read;
    return jwtOf(await this.read(namespace, ref.name, BAD_AGE_MS, signal), ref);
  }

  /** The Secret, at most `ageMs` old; 0: as it is now. Undefined: there is none. */
  async read(namespace: string, name: string, ageMs: number, signal: AbortSignal): Promise<KubeObject | undefined> {
    const key = `${namespace}/${name}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && this.#clock.monotonicMs() - kept.atMs < ageMs) return kept.object;
    // Builders often have their keys in one Secret: those who ask for it at the same time share one answer.
    const reading = this.#reading.get(key) ?? this.#readNow(namespace, name, signal);
    this.#reading.set(key, reading);
    return await reading;
  }

  async #readNow(namespace: string, name: string, signal: AbortSignal): Promise<KubeObject | undefined> {
    try {
      const object = await this.#client.get(objectPath(resources.secrets, namespace, name), signal);
      this.keep(namespace, name, object);
      return object;
    } finally {
      this.#reading.delete(`${namespace}/${name}`);
    }
  }

  /** What is remembered of a Secret: its resourceVersion, or `absent`. Undefined: nothing. */
  versionOf(namespace: string, name: string): string | undefined {
    const kept = this.#kept.get(`${namespace}/${name}`);
    return kept === undefined ? undefined : versionOf(kept.object);
  }

  /** It turned out to be otherwise than remembered. */
  forget(namespace: string, name: string): void {
    this.#kept.delete(`${namespace}/${name}`);
  }

  /** Remembers a Secret that was just written. */
  keep(namespace: string, name: string, object: KubeObject | undefined): void {
    const key = `${namespace}/${name}`;
    this.#kept.delete(key);
    if (object !== undefined) delete object.metadata.managedFields;
    this.#kept.set(key, { object, atMs: this.#clock.monotonicMs() });
    const oldest = this.#kept.size > SECRETS_KEPT ? this.#kept.keys().next().value : undefined;
    if (oldest !== undefined) this.#kept.delete(oldest);
  }
}

/** Of a Secret as it was read: its resourceVersion, or `absent`. */
export const versionOf = (secret: KubeObject | undefined): string => secret?.metadata.resourceVersion ?? "absent";

/** The value of a Secret's key as text. */
export function secretValueOf(secret: KubeObject | undefined, key: string): string | undefined {
  const encoded = Data.safeParse(secret).data?.data?.[key];
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("utf8");
}

function jwtOf(secret: KubeObject | undefined, ref: SecretRef): SecretRead {
  if (secret === undefined) return { form: { ref, form: "secret_missing" }, value: undefined };
  const value = secretValueOf(secret, ref.key);
  if (value === undefined) return { form: { ref, form: "key_missing" }, value: undefined };
  return isJwtSecret(value)
    ? { form: { ref, form: "valid" }, value }
    : { form: { ref, form: "malformed" }, value: undefined };
}
