import { expect, test } from "vitest";
import { runWorlds, WORLDS, WORLDS_TIMEOUT_MS } from "./run-worlds.ts";
import { simulate } from "./simulate.ts";

test(`in ${WORLDS} simulated worlds, whatever fails, op-node gets the block it asked for in time and every rule of the design holds`, {
  timeout: WORLDS_TIMEOUT_MS,
}, async () => {
  await runWorlds(1);
});

test("the same seed is the same run", async () => {
  const [first, second] = [await simulate(7), await simulate(7)];
  expect(JSON.stringify(first.journal.decisions)).toBe(JSON.stringify(second.journal.decisions));
  expect(first.journal.upstreamCalls.length).toBe(second.journal.upstreamCalls.length);
});
