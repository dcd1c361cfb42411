import type { UnsafePayload } from "../devnet/execution-payload.ts";
import { quantity } from "../devnet/hex.ts";
import { l1InfoDeposit } from "../devnet/next-attributes.ts";
import { type ClientAnswer, SimulatedClient } from "./simulated-client.ts";
import type { SimulatedOpNode } from "./simulated-op-node.ts";

/** Blocks on the op-node's head, made by a client that nobody here is connected to. */
export function blocksElsewhere(opNode: SimulatedOpNode, count: number): UnsafePayload[] {
  const { genesis, rules } = opNode.world;
  const elsewhere = new SimulatedClient("elsewhere", { genesis, rules }, { isBuilder: false, transactions: 1 });
  elsewhere.syncWith(opNode.sequencer.executionClient.client);
  const safe = genesis.payload.blockHash;
  const made: UnsafePayload[] = [];
  let head = elsewhere.chain.block(opNode.head.hash);
  while (made.length < count && head !== undefined) {
    const timestamp = quantity(BigInt(head.payload.timestamp) + BigInt(opNode.world.blockTimeMs / 1_000));
    const state = { headBlockHash: head.payload.blockHash, safeBlockHash: safe, finalizedBlockHash: safe };
    const attributes = {
      ...opNode.attributes(),
      transactions: [l1InfoDeposit(BigInt(head.payload.blockNumber) + 1n)],
      timestamp,
    };
    const started = elsewhere.answer("engine_forkchoiceUpdatedV3", [state, attributes]);
    const payload = resultOf(started) as { readonly payloadId: string } | undefined;
    const got = resultOf(elsewhere.answer(`engine_getPayloadV${rules.getPayload}`, [payload?.payloadId])) as
      | UnsafePayload
      | undefined;
    if (got === undefined) break;
    made.push({ executionPayload: got.executionPayload, parentBeaconBlockRoot: got.parentBeaconBlockRoot });
    elsewhere.chain.newPayload({ payload: got.executionPayload, parentBeaconBlockRoot: got.parentBeaconBlockRoot });
    head = elsewhere.chain.block(got.executionPayload.blockHash);
  }
  return made;
}

const resultOf = (answer: ClientAnswer): unknown => ("result" in answer ? answer.result : undefined);
