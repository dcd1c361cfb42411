import { expect, test } from "vitest";
import type { Fault } from "../devnet/fault-book.ts";
import type { PayloadFault } from "../devnet/payload-fault.ts";
import { seeded } from "../unit/proxy/kit/random.ts";
import { startWorld } from "./world.ts";

const BLOCKS = 150;

const ENGINE_FAULTS: readonly (Fault & PayloadFault)[] = [
  { delayMs: 20 },
  { delayMs: 150 },
  { drop: true },
  { halfBody: true },
  { httpStatus: 500 },
  { error: { code: -38_001, message: "Unknown payload" } },
  { body: "<html></html>" },
  { body: '{"jsonrpc":"2.0","id":1,"result":{"executionPayload":{}}}' },
  { result: () => null },
  { result: () => ({ payloadStatus: { status: "SYNCING" }, status: "SYNCING", payloadId: null }) },
];

const PAYLOAD_FAULTS: readonly (Fault & PayloadFault)[] = [
  { payload: (p) => ({ ...p, transactions: p.transactions.slice(1) }), reseal: "execution" },
  { payload: (p) => ({ ...p, gasLimit: "0x1c9c380" }) },
  { payload: (p) => ({ ...p, stateRoot: p.parentHash }) },
  { payload: (p) => ({ ...p, blockHash: p.parentHash }), reseal: "nothing" },
];

test("whatever a builder does, in any order: every block comes, and is one that was asked for", async () => {
  await using world = await startWorld({ timing: { builderDeadlineMs: 100, decisionDeadlineMs: 2_000 } });
  world.builder.peerWith(world.executionClient);
  const chance = seeded(20_261_122);
  const pick = <T>(list: readonly T[]): T => list[chance(list.length)] as T;
  for (let number = 1; number <= BLOCKS; number += 1) {
    if (chance(4) === 0) world.builder.heal();
    if (chance(40) === 0) await (world.builder.listening ? world.builder.stop() : world.builder.start());
    const method = pick(["engine_*", "engine_getPayload*", "engine_forkchoiceUpdated*", "engine_newPayload*"]);
    if (chance(2) === 0) world.builder.fault(method, { ...pick(ENGINE_FAULTS), times: 1 + chance(3) });
    if (chance(4) === 0) world.builder.fault("engine_getPayload*", { ...pick(PAYLOAD_FAULTS), times: 1 });
    const block = await world.opNode.buildBlock();
    expect(block.number).toBe(number);
    expect(block.envelope.executionPayload).toMatchObject({
      parentHash: block.parent.hash,
      timestamp: block.attributes.timestamp,
      gasLimit: block.attributes.gasLimit,
      transactions: expect.arrayContaining([...(block.attributes.transactions ?? [])]),
    });
  }
  const { blocks } = await world.status();
  expect(blocks.unanswered).toBe(0);
  expect(blocks.builder + blocks.executionClient).toBe(BLOCKS);
  expect(blocks.executionClient).toBeGreaterThan(0);
  expect(blocks.builder).toBeGreaterThan(0);
});
