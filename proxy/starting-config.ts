import { readFile } from "node:fs/promises";
import type { Logger } from "pino";
import type { Arguments } from "./arguments.ts";
import { newerDocument } from "./config-revision.ts";
import type { ConfigStore, ValidConfig } from "./config-store.ts";
import { type BalancerConfig, type ConfigFile, parseEitherConfig } from "./contract/config-file.ts";
import { problemText } from "./contract/problems.ts";
import { standInDocument } from "./stand-in.ts";

/** The config document cannot be used; the message names every problem. */
export class ConfigRefused extends Error {
  override readonly name = "ConfigRefused";
}

/** A document of either role. */
type Either = ConfigFile | BalancerConfig;

/**
 * The document to start with: the newer of the mounted and the kept one. A kept one also runs where the mounted file is bad,
 * as the process may have been restarted under a sequencer. Rejects with ConfigRefused where there is none to run.
 */
export async function startingConfig(
  { config, standIn }: Pick<Arguments, "config" | "standIn">,
  { store, log }: { readonly store: ConfigStore<Either>; readonly log: Logger },
): Promise<ValidConfig<Either>> {
  const kept = await store.read();
  if (standIn !== undefined) return newerDocument<ValidConfig<Either>>(standInDocument(standIn), kept);
  try {
    return newerDocument(await readConfig(config), kept);
  } catch (error) {
    if (kept === undefined) throw error;
    log.error({ err: error, revision: kept.config.revision }, "the config file is bad: the kept document runs");
    return kept;
  }
}

async function readConfig(path: string): Promise<ValidConfig<Either>> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new ConfigRefused(
      `${path}: ${error instanceof SyntaxError ? `not JSON: ${error.message}` : "cannot be read"}`,
    );
  }
  const parsed = parseEitherConfig(document);
  if (parsed.kind === "valid") return parsed;
  throw new ConfigRefused([`${path}:`, ...parsed.problems.map((problem) => `  ${problemText(problem)}`)].join("\n"));
}
