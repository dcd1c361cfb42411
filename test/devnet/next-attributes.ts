import { type Fork, type ForkRules, forks } from "./fork.ts";
import { bytesOf, digest, quantity } from "./hex.ts";
import type { PayloadAttributes } from "./payload-attributes.ts";

/** The block an op-node builds on. */
export type BlockRef = { readonly hash: string; readonly number: bigint; readonly timestampS: number };

/** The OP Stack's sequencer fee vault. */
const FEE_RECIPIENT = "0x4200000000000000000000000000000000000011";
const GAS_LIMIT = 60_000_000;
const MIN_BASE_FEE = 1_000_000;

/** How much of the real L1-info transaction's length the simulated one has, without its type byte. */
const L1_INFO_BYTES = 260;

/** The first transaction of every block: a deposit that tells the L1 block, different in each. */
export const l1InfoDeposit = (number: bigint): string => `0x7e${bytesOf(number, L1_INFO_BYTES).slice(2)}`;

/** The first slot after the parent that has a whole block time left, in seconds. */
export function slotWithTimeLeft(parent: BlockRef, blockTimeMs: number, nowMs: number): number {
  const blockTimeS = blockTimeMs / 1000;
  const slots = Math.max(1, Math.ceil((nowMs / 1000 + blockTimeS - parent.timestampS) / blockTimeS));
  return parent.timestampS + slots * blockTimeS;
}

/** The attributes op-node asks the block after `parent` with (E-12). */
export function nextAttributes(parent: BlockRef, timestampS: number, fork: Fork): PayloadAttributes {
  const number = parent.number + 1n;
  const rules: ForkRules = forks[fork];
  return {
    timestamp: quantity(timestampS),
    prevRandao: digest("randao", String(number)),
    suggestedFeeRecipient: FEE_RECIPIENT,
    withdrawals: [],
    parentBeaconBlockRoot: digest("beacon", String(number)),
    transactions: [l1InfoDeposit(number)],
    gasLimit: quantity(GAS_LIMIT),
    ...(rules.eip1559Params ? { eip1559Params: "0x000000fa00000006" } : {}),
    ...(rules.minBaseFee ? { minBaseFee: MIN_BASE_FEE } : {}),
  };
}
