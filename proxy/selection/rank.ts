import type { SelectionPolicy } from "../contract/config-file.ts";
import type { Candidate } from "./candidate.ts";

type Order = (a: Candidate, b: Candidate) => number;

/** Candidates, best first. Exact integers; ties by name in code-unit order, the same on every machine. */
export const ranked = (policy: SelectionPolicy, candidates: readonly Candidate[]): readonly Candidate[] =>
  candidates.toSorted((a, b) => ORDERS[policy](a, b) || compare(a.builder, b.builder));

const ORDERS: Readonly<Record<SelectionPolicy, Order>> = {
  gas_used: (a, b) => compare(b.gasUsed, a.gasUsed),
  block_value: (a, b) => compare(b.blockValue, a.blockValue),
  transaction_count: (a, b) => compare(b.userTransactions, a.userTransactions),
  priority: (a, b) => compare(a.priority, b.priority),
};

/** Whether a block is nearly empty beside the execution client's own (V-16): a bug in a builder may make valid empty blocks. */
export const isNearlyEmpty = (gasUsed: bigint, ownGasUsed: bigint, minGasUsedPercent: number): boolean =>
  gasUsed * 100n < ownGasUsed * BigInt(minGasUsedPercent);

const compare = <T extends bigint | number | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
