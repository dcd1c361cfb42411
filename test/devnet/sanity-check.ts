import { type Envelope, isDeposit } from "./execution-payload.ts";
import { l1InfoDeposit } from "./next-attributes.ts";

/** All that op-node checks of a payload before it commits to it (V-20 to V-22): what is wrong, or undefined. */
export function insanity(envelope: Envelope, parentHash: string): string | undefined {
  const { transactions, blockNumber, parentHash: parent } = envelope.executionPayload;
  const first = transactions[0];
  if (first === undefined) return "no transactions";
  if (!isDeposit(first)) return "the first transaction is not a deposit";
  const deposits = transactions.findIndex((transaction) => !isDeposit(transaction));
  if (deposits >= 0 && transactions.slice(deposits).some(isDeposit)) return "a deposit after another transaction";
  if (first.length !== l1InfoDeposit(BigInt(blockNumber)).length) return "the first transaction is no L1-info deposit";
  return parent === parentHash ? undefined : `parent ${parent} is not the unsafe head`;
}
