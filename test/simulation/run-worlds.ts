import { expect } from "vitest";
import { FallbackReason } from "../../proxy/contract/status.ts";
import { type Broken, brokenBy } from "./invariants/all.ts";
import { member, resultIn } from "./journal.ts";
import { replayCommand } from "./replay.ts";
import { simulate } from "./simulate.ts";
import { setsLimit } from "./told.ts";

/** Some ten seconds of one core; `npm run simulate` runs any number. */
export const WORLDS = 1_000;

export const WORLDS_TIMEOUT_MS = 300_000;

/** Simulates `WORLDS` worlds from a seed on, and fails at the first that breaks a rule, with the command that replays it. */
export async function runWorlds(firstSeed: number): Promise<void> {
  const reasons = new Set<string>();
  const jobs = { given: 0, refused: 0 };
  let builderBlocks = 0;
  let limitsBehind = 0;
  for (let seed = firstSeed; seed < firstSeed + WORLDS; seed += 1) {
    const run = await simulate(seed);
    expect(brokenBy(run).map(told)).toEqual([]);
    for (const { source, fallbackReason } of run.journal.decisions) {
      if (source === "builder") builderBlocks += 1;
      if (fallbackReason !== undefined) reasons.add(fallbackReason);
    }
    for (const { reply } of run.journal.served) {
      const payloadId = member(resultIn(reply), "payloadId");
      if (typeof payloadId === "string") jobs.given += 1;
    }
    for (const { builders } of run.journal.decisions)
      if (builders?.some(({ outcome }) => outcome === "builder_declined") === true) jobs.refused += 1;
    limitsBehind += run.journal.behindCalls.filter(({ body }) => setsLimit(body)).length;
  }
  // Rules that hold because nothing happens would show nothing.
  expect(FallbackReason.options.filter((reason) => !reasons.has(reason))).toEqual([]);
  expect(builderBlocks).toBeGreaterThan(WORLDS);
  expect(jobs.given).toBeGreaterThan(WORLDS);
  expect(jobs.refused).toBeGreaterThan(WORLDS / 100);
  expect(limitsBehind).toBeGreaterThan(WORLDS / 10);
}

const told = ({ seed, clause, rule, how }: Broken): string =>
  `${clause}: ${rule}. Seed ${seed}: ${how}. Replay: ${replayCommand(seed)}`;
