import { type Address, isAddressEqual } from "viem";
import type { BlockDecision } from "../../../proxy/contract/status.ts";
import { builderUser, executionClientUser } from "../stack/accounts.ts";
import type { SeenBlock } from "./block-watch.ts";

/**
 * A block is late when it is half a block time behind its own timestamp; a slot is missed at a whole one. op-node asks
 * 50 ms before the timestamp, a builder that hangs costs 10 % of the block time, the rest is a busy machine.
 */
const LATE_BLOCK_TIMES = 0.5;

/** Who built the block, by whose user's transactions it holds; `undefined` for a block without any. */
export function sourceByContent(block: SeenBlock): BlockDecision["source"] | undefined {
  const holds = (user: { readonly address: Address }): boolean =>
    block.senders.some((sender) => isAddressEqual(sender, user.address));
  if (holds(builderUser)) return "builder";
  return holds(executionClientUser) ? "execution_client" : undefined;
}

/** In words, everything that speaks against "none missed, on time": a gap, a fork, a wrong step, a late block. */
export const missed = (blocks: readonly SeenBlock[], blockTimeMs: number): readonly string[] =>
  blocks.flatMap((block, index) => {
    const parent = blocks[index - 1];
    const late = block.latenessMs > blockTimeMs * LATE_BLOCK_TIMES;
    return [
      ...(late ? [`block ${block.number} came ${block.latenessMs} ms after its timestamp`] : []),
      ...(parent !== undefined && block.number !== parent.number + 1
        ? [`block ${block.number} follows ${parent.number}`]
        : []),
      ...(parent !== undefined && block.parentHash !== parent.hash
        ? [`block ${block.number} is not a child of block ${parent.number} (${parent.hash})`]
        : []),
      ...(parent !== undefined && block.timestampMs !== parent.timestampMs + blockTimeMs
        ? [`block ${block.number} is ${block.timestampMs - parent.timestampMs} ms after its parent`]
        : []),
    ];
  });

/** In words, every block that the proxy's status does not know, or gives to another than the block's content does. */
export const disagreements = (blocks: readonly SeenBlock[], decisions: readonly BlockDecision[]): readonly string[] =>
  blocks.flatMap((block) => {
    const said = decisions.find((decision) => decision.blockHash === block.hash)?.source;
    const shown = sourceByContent(block);
    if (said === undefined) return [`block ${block.number} is not in the status`];
    return shown === undefined || said === shown
      ? []
      : [`block ${block.number} is by ${shown}, the status says ${said}`];
  });
