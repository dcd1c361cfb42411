import { z } from "zod";
import { GROUP } from "../api/names.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { secretValueOf } from "../observe/secret-reader.ts";
import { PREVIOUS_SUFFIX } from "../plan/secrets.ts";

/** Annotation of an owned Secret: when each of its files was last rotated, as JSON of RFC 3339 times. */
const ROTATED_ANNOTATION = `${GROUP}/secret-rotated`;

/** Long enough for everyone to be restarted with the new secret; then the old one is forgotten. */
const PREVIOUS_KEPT_MS = 24 * 60 * 60 * 1_000;

const Rotated = z.record(z.string(), z.string());

/** What the owned Secret holds of the secrets before the present ones. */
export type SecretRotation = {
  readonly annotations: Readonly<Record<string, string>>;
  /** By file name, ending in `.previous`. */
  readonly files: readonly (readonly [string, string])[];
};

/**
 * Keeps the secret before for a day after a rotation, so that a proxy restarted in between still reaches an execution client
 * that has not taken up the new one. `files`: what the owned Secret shall hold, by name.
 */
export function secretRotation(
  files: readonly (readonly [string, string])[],
  owned: KubeObject | undefined,
  nowMs: number,
): SecretRotation {
  const rotatedBefore = rotatedIn(owned);
  const rotations = files.flatMap(([file, value]) => {
    const held = secretValueOf(owned, file);
    if (held !== undefined && held !== value) return [{ file, previous: held, at: new Date(nowMs).toISOString() }];
    const previous = secretValueOf(owned, `${file}${PREVIOUS_SUFFIX}`);
    const at = rotatedBefore[file];
    if (previous === undefined || at === undefined || !(nowMs - Date.parse(at) < PREVIOUS_KEPT_MS)) return [];
    return [{ file, previous, at }];
  });
  if (rotations.length === 0) return { annotations: {}, files: [] };
  const rotated = Object.fromEntries(rotations.map(({ file, at }) => [file, at]));
  return {
    annotations: { [ROTATED_ANNOTATION]: JSON.stringify(rotated) },
    files: rotations.map(({ file, previous }) => [`${file}${PREVIOUS_SUFFIX}`, previous]),
  };
}

function rotatedIn(owned: KubeObject | undefined): Readonly<Record<string, string>> {
  try {
    const text = owned?.metadata.annotations?.[ROTATED_ANNOTATION];
    return text === undefined ? {} : (Rotated.safeParse(JSON.parse(text)).data ?? {});
  } catch {
    return {};
  }
}
