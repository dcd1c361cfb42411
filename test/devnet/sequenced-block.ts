import type { Envelope } from "./execution-payload.ts";
import type { BlockRef } from "./next-attributes.ts";
import type { PayloadAttributes } from "./payload-attributes.ts";
import { builtBy } from "./transaction-pool.ts";

/** Changes to what op-node asks for. */
export type BlockRequest = {
  readonly noTxPool?: boolean;
  /** Over the usual attributes, e.g. `{ minBaseFee: 2n ** 64n - 1n }`, or a timestamp in the past. */
  readonly attributes?: Partial<PayloadAttributes>;
};

/** A block that op-node asked for and was not handed yet. */
export type StartedBlock = {
  readonly payloadId: string;
  readonly parent: BlockRef;
  readonly attributes: PayloadAttributes;
  /** How long the FCU took. */
  readonly startMs: number;
};

/** A block that getPayload handed out and that passed op-node's own checks. */
export type SealedBlock = StartedBlock & {
  readonly envelope: Envelope;
  /** The answer to getPayload as it was received. */
  readonly answer: string;
  readonly number: number;
  readonly hash: string;
  /** Who built it, read from its transactions; undefined where it holds deposits only. */
  readonly builtBy: string | undefined;
  readonly getPayloadMs: number;
};

/** A block that is the head. */
export type BuiltBlock = SealedBlock & {
  readonly sequencer: string;
  readonly newPayloadMs: number;
  readonly slotAtMs: number;
  readonly insertedAtMs: number;
  /** How long after its slot it was the head; negative: before. */
  readonly lateMs: number;
};

/** A started block and what getPayload answered. */
export function sealedBlock(
  started: StartedBlock,
  envelope: Envelope,
  answer: string,
  getPayloadMs: number,
): SealedBlock {
  const { executionPayload: payload, parentBeaconBlockRoot } = envelope;
  return {
    ...started,
    envelope,
    answer,
    number: Number(payload.blockNumber),
    hash: payload.blockHash,
    builtBy: builtBy({ payload, parentBeaconBlockRoot }),
    getPayloadMs,
  };
}
