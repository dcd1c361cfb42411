import { test } from "vitest";
import type { Fault } from "../devnet/fault-book.ts";
import { until } from "../devnet/until.ts";
import { bearer, call, get, post } from "./http-calls.ts";
import { argumentsFor, listening, spawnProxy } from "./proxy-process.ts";
import { startWorld } from "./world.ts";

const MIB = 1024 * 1024;

/** The heap breathes, and an answer of 16 MiB may just be on its way. */
const GROWTH_BYTES_MAX = 48 * MIB;

/** As many before the first measurement as after it. */
const ROUNDS = 2;

const FAULTS: readonly Fault[] = [
  { paddingBytes: 200 * MIB },
  { paddingBytes: 15 * MIB },
  { dripEveryMs: 5 },
  { halfBody: true },
  { body: Buffer.alloc(4 * MIB, "[") },
  { hang: true },
  { drop: true },
];

test("a builder that answers badly in every way, and a caller that does, make nothing grow", async () => {
  await using world = await startWorld({
    builders: ["bad", "good"],
    timing: { builderDeadlineMs: 100, decisionDeadlineMs: 2_000, graceMs: 10 },
  });
  await using proxy = spawnProxy(argumentsFor(world.dir));
  const ports = await listening(world.dir);
  const engineUrl = `http://127.0.0.1:${ports.engine}`;
  world.opNode.useEngine(engineUrl);
  const residentBytes = async (): Promise<number> => {
    const { text } = await get(`http://127.0.0.1:${ports.admin}/metrics`);
    return Number(/^process_resident_memory_bytes (\d+)/m.exec(text)?.[1]);
  };
  const round = async (): Promise<void> => {
    const authorization = await bearer(world.executionClient.jwtSecret);
    for (const fault of FAULTS) {
      world.builderNamed("bad").heal();
      world.builderNamed("bad").fault("engine_*", fault);
      await world.opNode.buildBlock();
      await post(engineUrl, Buffer.alloc(2 * MIB, "["), { authorization });
      await post(engineUrl, call("engine_getPayloadV4", [`0x${"a".repeat(MIB)}`]), { authorization });
    }
  };
  for (let warmUp = 0; warmUp < ROUNDS; warmUp += 1) await round();
  const before = await residentBytes();
  for (let count = 0; count < ROUNDS; count += 1) await round();
  // The garbage collector takes its time.
  await until("memory as before", async () => (await residentBytes()) - before < GROWTH_BYTES_MAX || undefined);
  proxy.signal("SIGKILL");
}, 120_000);
