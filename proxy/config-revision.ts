import { isDeepStrictEqual } from "node:util";
import type { BalancerConfig, ConfigFile } from "./contract/config-file.ts";

/** What becomes of a pushed document: a lower revision is ignored, an equal one with other content is a conflict. */
export type RevisionVerdict = "accepted" | "unchanged" | "ignored" | "conflict";

/** The revision rule. It makes a stale writer harmless: nothing it pushes can replace something newer. */
export function revisionVerdict(
  running: Pick<ConfigFile, "revision">,
  pushed: Pick<ConfigFile, "revision">,
): RevisionVerdict {
  if (pushed.revision > running.revision) return "accepted";
  if (pushed.revision < running.revision) return "ignored";
  return isDeepStrictEqual(pushed, running) ? "unchanged" : "conflict";
}

/**
 * The document to start with: a restarted container must not revive the old wiring of its mounted file. What was kept for
 * another sequencer, in a folder used again, does not count.
 */
export const newerDocument = <Document extends { readonly config: ConfigFile | BalancerConfig }>(
  mounted: Document,
  kept: Document | undefined,
): Document =>
  kept !== undefined &&
  kept.config.cluster === mounted.config.cluster &&
  kept.config.sequencer === mounted.config.sequencer &&
  kept.config.revision > mounted.config.revision
    ? kept
    : mounted;
