import { test } from "vitest";
import { runWorlds, WORLDS, WORLDS_TIMEOUT_MS } from "./run-worlds.ts";

// A file of its own, for the other core.
test(`in ${WORLDS} more simulated worlds, too`, { timeout: WORLDS_TIMEOUT_MS }, async () => {
  await runWorlds(WORLDS + 1);
});
