import { type Address, isAddressEqual } from "viem";
import type { BlockDecision } from "../../../proxy/contract/status.ts";
import { builderUser, executionClientUser } from "../stack/accounts.ts";
import type { SeenBlock } from "./block-watch.ts";

/** Who built the block, by whose user's transactions it holds; `undefined` for a block without any. */
export function sourceByContent(block: SeenBlock): BlockDecision["source"] | undefined {
  const holds = (user: { readonly address: Address }): boolean =>
    block.senders.some((sender) => isAddressEqual(sender, user.address));
  if (holds(builderUser)) return "builder";
  return holds(executionClientUser) ? "execution_client" : undefined;
}

/** In words, everything that speaks against "none missed": a gap, a fork, a wrong step, a block after the next one's time. */
export const missed = (blocks: readonly SeenBlock[], blockTimeMs: number): readonly string[] =>
  blocks.flatMap((block, index) => {
    const parent = blocks[index - 1];
    const late = block.latenessMs >= blockTimeMs;
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

/** Half of the blocks were seen at most so long after their timestamp: one slow moment of the machine does not show in it. */
export function medianLatenessMs(blocks: readonly SeenBlock[]): number {
  const sorted = blocks.map((block) => block.latenessMs).toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.POSITIVE_INFINITY;
}

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

/**
 * In words, every block that the source has not built, with what the status says about it. On a busy machine a slot may pass
 * without a user's transaction: then the status speaks for the block, by its hash.
 */
export const notBy = (
  source: BlockDecision["source"],
  blocks: readonly SeenBlock[],
  decisions: readonly BlockDecision[],
): readonly string[] =>
  blocks.flatMap((block) => {
    const decision = decisions.find(({ blockHash }) => blockHash === block.hash);
    const by = sourceByContent(block) ?? decision?.source;
    return by === source ? [] : [`block ${block.number} is by ${by ?? "nobody"}: ${JSON.stringify(decision)}`];
  });

/** How many blocks show by their content who built them, whatever the status says. */
export const shownByContent = (blocks: readonly SeenBlock[]): number =>
  blocks.filter((block) => sourceByContent(block) !== undefined).length;
