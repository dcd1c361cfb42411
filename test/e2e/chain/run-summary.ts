import type { BlockDecision } from "../../../proxy/contract/status.ts";
import type { SeenBlock } from "./block-watch.ts";
import { sourceByContent } from "./findings.ts";

/** One line for people: who built the blocks, how late they came, how long getPayload took by who was chosen. */
export function runSummary(blocks: readonly SeenBlock[], decisions: readonly BlockDecision[]): string {
  const bySource = (["builder", "execution_client"] as const).map((source) => {
    const count = blocks.filter((block) => sourceByContent(block) === source).length;
    const tookMs = decisions.filter((decision) => decision.source === source).map((decision) => decision.tookMs);
    return `${count} blocks by ${source} (getPayload ${percentiles(tookMs)})`;
  });
  return [...bySource, `seen after their timestamp: ${percentiles(blocks.map((block) => block.latenessMs))}`].join(
    ", ",
  );
}

function percentiles(valuesMs: readonly number[]): string {
  const sorted = valuesMs.toSorted((a, b) => a - b);
  const at = (share: number): string => `${Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0)} ms`;
  return `p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, max ${at(1)}`;
}
