import type { StandIn } from "./arguments.ts";
import type { Clock } from "./clock.ts";
import type { ValidConfig } from "./config-store.ts";
import { parseConfigFile } from "./contract/config-file.ts";
import { givenSecret, JwtSecretFile, type JwtSecretSource } from "./engine-api/jwt-secret-file.ts";

/** The document that rollup-boost's options stand for. Throws where they do not make one: they were parsed as one before. */
export function standInDocument({ document }: StandIn): ValidConfig {
  const parsed = parseConfigFile(document);
  if (parsed.kind === "valid") return parsed;
  throw new Error("rollup-boost's options make no config document");
}

/** The secrets that stand outside a secrets folder, by the names the document gives them. */
export const standInSecrets =
  ({ secrets }: StandIn, clock: Clock) =>
  (file: string): JwtSecretSource | undefined => {
    const secret = secrets[file];
    if (secret === undefined) return undefined;
    return secret.kind === "token" ? givenSecret(secret.secret) : new JwtSecretFile(secret.path, clock);
  };
