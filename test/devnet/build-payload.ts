import { type Block, type Envelope, execute, gasOf, sealed } from "./execution-payload.ts";
import type { ForkRules } from "./fork.ts";
import { digest, quantity } from "./hex.ts";
import { extraDataOf, type PayloadAttributes } from "./payload-attributes.ts";

/** Builds the block the attributes ask for: their transactions first, then the pool's until the gas limit. */
export function buildPayload(
  parent: Block,
  attributes: PayloadAttributes,
  pool: readonly string[],
  rules: ForkRules,
): Envelope {
  const gasLimit = Number(BigInt(attributes.gasLimit));
  const transactions = [...(attributes.transactions ?? [])];
  let gas = transactions.reduce((sum, transaction) => sum + gasOf(transaction), 0);
  for (const transaction of attributes.noTxPool === true ? [] : pool) {
    gas += gasOf(transaction);
    if (gas > gasLimit) break;
    transactions.push(transaction);
  }
  const executed = execute(parent, transactions, rules.minBaseFee);
  const executionPayload = sealed(
    {
      parentHash: parent.payload.blockHash,
      feeRecipient: attributes.suggestedFeeRecipient,
      ...executed,
      prevRandao: attributes.prevRandao,
      blockNumber: quantity(BigInt(parent.payload.blockNumber) + 1n),
      gasLimit: attributes.gasLimit,
      timestamp: attributes.timestamp,
      extraData: extraDataOf(attributes, rules),
      baseFeePerGas: parent.payload.baseFeePerGas,
      transactions,
      withdrawals: [],
      excessBlobGas: "0x0",
      ...(rules.withdrawalsRoot ? { withdrawalsRoot: digest("withdrawals", executed.stateRoot) } : {}),
    },
    attributes.parentBeaconBlockRoot,
  );
  return {
    executionPayload,
    blockValue: quantity(BigInt(executed.gasUsed) * 1_000n),
    blobsBundle: { commitments: [], proofs: [], blobs: [] },
    ...(rules.getPayload > 3 ? { executionRequests: [] } : {}),
    shouldOverrideBuilder: false,
    parentBeaconBlockRoot: attributes.parentBeaconBlockRoot,
  };
}
