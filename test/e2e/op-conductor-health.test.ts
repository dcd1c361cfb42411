import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { startWorld, type World } from "../scenarios/world.ts";
import { freePortBlock } from "./processes/free-ports.ts";
import { Programs } from "./processes/programs.ts";
import { waitUntil } from "./processes/wait-until.ts";
import { startHealthyOpNode } from "./stack/healthy-op-node.ts";
import { startOpConductor } from "./stack/op-conductor.ts";

/** Two looks of op-conductor and half a one. */
const TWO_LOOKS_MS = 2_500;

const forms: readonly (readonly [
  string,
  (world: World) => { readonly executionRpc: string; readonly flags: string[] },
])[] = [
  [
    "rollup-boost.enabled, execution.rpc with a slash at its end",
    ({ urls }) => ({ executionRpc: `${urls.rpc}/`, flags: ["--rollup-boost.enabled"] }),
  ],
  [
    "rollup-boost.next-enabled",
    ({ urls }) => ({
      executionRpc: urls.rpc,
      flags: ["--rollup-boost.next-enabled", `--rollup-boost.next-healthcheck-url=${urls.rpc}/healthz/json`],
    }),
  ],
];

test.each(forms)(
  "op-conductor itself reads our health, %s: builders do not count, the execution client does",
  async (_, form) => {
    await using programs = await Programs.create();
    await using world = await startWorld();
    const firstPort = await freePortBlock(4);
    await using _opNode = await startHealthyOpNode(firstPort + 3);
    const conductor = startOpConductor(programs, {
      ...form(world),
      nodeRpc: `http://127.0.0.1:${firstPort + 3}`,
      firstPort,
    });
    const becomes = (expected: boolean): Promise<true> =>
      waitUntil(
        `a sequencer that is ${expected ? "" : "not "}healthy`,
        async () => (await conductor.isSequencerHealthy()) === expected || undefined,
        { deadlineMs: 20_000, failure: programs.failure },
      );
    await becomes(true);
    await world.builder.stop();
    expect((await world.opNode.buildBlock()).builtBy).toBe("op-geth");
    // Nothing shall happen, and that can only be waited for.
    await sleep(TWO_LOOKS_MS);
    expect(await conductor.isSequencerHealthy()).toBe(true);
    await world.executionClient.stop();
    await becomes(false);
    await world.executionClient.start();
    await becomes(true);
  },
);
