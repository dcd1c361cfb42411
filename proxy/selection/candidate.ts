import { member, quantityOf } from "../engine-api/json-view.ts";
import type { Envelope } from "../engine-api/payload.ts";
import { DEPOSIT_TYPE, transactionType } from "./transaction-type.ts";

/** A builder's payload that came in time and is the block that was asked for; not yet validated. */
export type Candidate = {
  readonly builder: string;
  /** Place in the config's list. */
  readonly priority: number;
  readonly envelope: Envelope;
  readonly gasUsed: bigint;
  /** Wei, as the builder itself says. */
  readonly blockValue: bigint;
  /** Transactions that are no deposits. */
  readonly userTransactions: number;
};

/** Reads what ranks a candidate. A field that is missing or no quantity counts as 0. */
export function candidateOf(builder: string, priority: number, envelope: Envelope): Candidate {
  const { body, payload, view } = envelope;
  const transactions = member(payload, "transactions");
  return {
    builder,
    priority,
    envelope,
    gasUsed: quantityOf(body, member(payload, "gasUsed")) ?? 0n,
    blockValue: quantityOf(body, member(view, "blockValue")) ?? 0n,
    userTransactions:
      transactions?.kind === "array"
        ? transactions.items.filter((transaction) => transactionType(body, transaction) !== DEPOSIT_TYPE).length
        : 0,
  };
}
