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
  const newerOf = (mounted: ValidConfig<Either>): ValidConfig<Either> => {
    const newer = newerDocument(mounted, kept);
    if (newer === kept) {
      const revisions = { revision: newer.config.revision, mountedRevision: mounted.config.revision };
      log.warn(revisions, "the kept document is newer than the one given: it runs, until a higher revision is given");
    }
    return newer;
  };
  if (standIn !== undefined) return newerOf(standInDocument(standIn));
  try {
    return newerOf(await readConfig(config));
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
      `${path}: ${error instanceof SyntaxError ? `not JSON: ${error.message}` : "cannot be read: --config must name the config document (JSON)"}`,
    );
  }
  const parsed = parseEitherConfig(document);
  if (parsed.kind === "valid") return parsed;
  throw new ConfigRefused([`${path}:`, ...parsed.problems.map((problem) => `  ${problemText(problem)}`)].join("\n"));
}
