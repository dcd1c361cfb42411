import { milliseconds } from "./rendering.ts";
import type { ShownBlock } from "./shown-block.ts";

/** What an act came to. */
export type ActResult = { readonly title: string; readonly problem: string | undefined };

/** What a run came to, counted from its blocks. */
export type Summary = {
  readonly blocks: number;
  readonly missed: number;
  readonly byBuilder: Readonly<Record<string, number>>;
  readonly byFallbackReason: Readonly<Record<string, number>>;
  readonly getPayloadP50Ms: number;
  readonly getPayloadMaxMs: number;
  readonly latestHeadMs: number;
  /** Why the exit code is 1; empty when all went as it should. */
  readonly problems: readonly string[];
};

/** Counts a run's blocks. `opNodeFailures`: calls that op-node got an error for. */
export function summarize(
  blocks: readonly ShownBlock[],
  acts: readonly ActResult[],
  opNodeFailures: readonly string[],
): Summary {
  const took = blocks.map((block) => block.getPayloadMs).toSorted((a, b) => a - b);
  const missed = blocks.filter((block) => block.missed).length;
  const disputed = blocks.filter((block) => block.disputed).length;
  return {
    blocks: blocks.length,
    missed,
    byBuilder: counted(blocks.flatMap(({ builder }) => builder ?? [])),
    byFallbackReason: counted(
      blocks.flatMap(({ source, fallbackReason }) =>
        source === "builder" ? [] : (fallbackReason ?? "no reason given"),
      ),
    ),
    getPayloadP50Ms: took[Math.floor((took.length - 1) / 2)] ?? 0,
    getPayloadMaxMs: took.at(-1) ?? 0,
    latestHeadMs: blocks.reduce((latest, block) => Math.max(latest, block.lateMs), Number.NEGATIVE_INFINITY),
    problems: [
      ...(blocks.length === 0 ? ["no block"] : []),
      ...(missed > 0 ? [`${missed} missed`] : []),
      ...(disputed > 0 ? [`${disputed} blocks of which the proxy's status names another source`] : []),
      ...acts.flatMap(({ title, problem }) => (problem === undefined ? [] : `${title}: ${problem}`)),
      ...opNodeFailures.map((failure) => `op-node: ${failure}`),
    ],
  };
}

/** The summary as lines. */
export function summaryLines(summary: Summary, tookMs: number, acts: readonly ActResult[]): readonly string[] {
  const { byBuilder, byFallbackReason } = summary;
  const effective = acts.filter(({ problem }) => problem === undefined).length;
  const latest = summary.latestHeadMs;
  return [
    `  blocks            ${String(summary.blocks).padStart(4)}   in ${Math.round(tookMs / 1000)} s, ${summary.missed} missed`,
    `  from builders     ${String(sum(byBuilder)).padStart(4)}   ${listed(byBuilder)}`,
    `  execution client  ${String(sum(byFallbackReason)).padStart(4)}   ${listed(byFallbackReason)}`,
    `  getPayload          p50 ${milliseconds(summary.getPayloadP50Ms)}, max ${milliseconds(summary.getPayloadMaxMs)}, as op-node saw it`,
    `  latest head         ${milliseconds(Math.abs(latest))} ${latest > 0 ? "after" : "before"} its slot`,
    `  acts                ${effective} of ${acts.length} had their effect`,
  ];
}

const counted = (names: readonly string[]): Readonly<Record<string, number>> =>
  names.reduce<Record<string, number>>((counts, name) => {
    counts[name] = (counts[name] ?? 0) + 1;
    return counts;
  }, {});

const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

const listed = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
