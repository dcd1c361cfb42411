import { z } from "zod";
import { isJwtSecret } from "../api/jwt-secret.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import type { PlannedSecret } from "../plan/model.ts";
import { SECRET_SOURCES_ANNOTATION, sourceText } from "../plan/secrets.ts";
import { secretValueOf } from "./secret-reader.ts";

type PlannedFile = PlannedSecret["files"][number];

const Sources = z.record(z.string(), z.string());

/**
 * The good copy that a sequencer's owned Secret holds of a JWT secret; undefined: none, or one of what the spec referred to
 * before, which must not stand in for something else.
 */
export function keptValueOf(owned: KubeObject | undefined, { file, from }: PlannedFile): string | undefined {
  const isOfSource = sourcesOf(owned)[file] === sourceText(from);
  const value = isOfSource ? secretValueOf(owned, file) : undefined;
  return value !== undefined && isJwtSecret(value) ? value : undefined;
}

function sourcesOf(owned: KubeObject | undefined): Readonly<Record<string, string>> {
  try {
    const text = owned?.metadata.annotations?.[SECRET_SOURCES_ANNOTATION];
    return text === undefined ? {} : (Sources.safeParse(JSON.parse(text)).data ?? {});
  } catch {
    return {};
  }
}
