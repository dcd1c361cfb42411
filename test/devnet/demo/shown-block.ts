import type { BlockDecision } from "../../../proxy/contract/status.ts";
import type { BuiltBlock } from "../sequenced-block.ts";

/** A block of the chain and why it is this one: what op-node saw, and what the leader's proxy says of it. */
export type ShownBlock = {
  readonly number: number;
  readonly sequencer: string;
  /** Read from the block itself. */
  readonly source: "builder" | "execution_client";
  readonly builder: string | undefined;
  /** From the proxy's status; undefined for a builder's block, and where the proxy did not say. */
  readonly fallbackReason: string | undefined;
  readonly detail: string | undefined;
  /** The proxy says another source than the block itself. */
  readonly disputed: boolean;
  readonly transactions: number;
  /** As op-node saw it. */
  readonly getPayloadMs: number;
  /** When it was the head, from the start of its slot; negative: before. */
  readonly lateMs: number;
  /** It was not the head when the next slot came. */
  readonly missed: boolean;
};

/** Joins a block with its decision. */
export function shownBlock(
  block: BuiltBlock,
  decision: BlockDecision | undefined,
  builders: readonly string[],
  blockTimeMs: number,
): ShownBlock {
  const builder = builders.find((name) => name === block.builtBy);
  const source = builder === undefined ? "execution_client" : "builder";
  return {
    number: block.number,
    sequencer: block.sequencer,
    source,
    builder,
    fallbackReason: decision?.fallbackReason,
    detail: decision?.detail,
    disputed: decision !== undefined && decision.source !== source,
    transactions: block.envelope.executionPayload.transactions.length,
    getPayloadMs: block.getPayloadMs,
    lateMs: block.lateMs,
    missed: block.lateMs > blockTimeMs,
  };
}
