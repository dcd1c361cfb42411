import { type Envelope, isDeposit } from "../../devnet/execution-payload.ts";
import type { ForkRules } from "../../devnet/fork.ts";
import { extraDataOf, type PayloadAttributes } from "../../devnet/payload-attributes.ts";

/** What a block is compared with. */
export type AskedFor = {
  readonly parentHash: string;
  readonly parent: { readonly blockNumber: string; readonly baseFeePerGas: string } | undefined;
  readonly attributes: PayloadAttributes;
  readonly rules: ForkRules;
  readonly payloadBytesMax: number;
  /** Whether the execution client's own payload was there to compare with. */
  readonly isOwnKnown: boolean;
};

const QUANTITIES = [
  "blockNumber",
  "gasLimit",
  "gasUsed",
  "timestamp",
  "baseFeePerGas",
  "blobGasUsed",
  "excessBlobGas",
] as const;

/**
 * The first clause of section 3.3 by which a block is not the one asked for. Written from the contract and apart from the
 * proxy's own checks: op-node's AttributesMatchBlock, and what op-node cannot decode.
 */
export function wrongClause(envelope: Envelope, text: string, asked: AskedFor): string | undefined {
  const { executionPayload: p, parentBeaconBlockRoot } = envelope;
  const { attributes: a, rules, parent } = asked;
  const forced = a.transactions ?? [];
  const users = p.transactions.slice(forced.length);
  const clauses: readonly (readonly [string, boolean])[] = [
    ["V-1", p.parentHash === asked.parentHash],
    ["V-2", BigInt(p.timestamp) === BigInt(a.timestamp)],
    ["V-3", p.prevRandao === a.prevRandao],
    ["V-4", p.feeRecipient === a.suggestedFeeRecipient],
    ["V-5", BigInt(p.gasLimit) === BigInt(a.gasLimit)],
    ["V-6", parent === undefined || BigInt(p.blockNumber) === BigInt(parent.blockNumber) + 1n],
    ["V-7", forced.every((transaction, index) => p.transactions[index] === transaction)],
    ["V-7", users.every((transaction) => !isDeposit(transaction) && transaction.length > 2)],
    ["V-7", a.noTxPool !== true || users.length === 0],
    ["V-8", Array.isArray(p.withdrawals) && p.withdrawals.length === 0],
    ["V-9", parentBeaconBlockRoot === a.parentBeaconBlockRoot],
    // Zeros stand for the chain's own parameters, which only an execution client's payload tells.
    ["V-10", p.extraData === extraDataOf(a, rules) || (isZero(a.eip1559Params) && !asked.isOwnKnown)],
    ["V-10", withoutParams(p.extraData) === withoutParams(extraDataOf(a, rules))],
    ["V-11", p.excessBlobGas === "0x0" && (rules.minBaseFee || p.blobGasUsed === "0x0")],
    ["V-11", users.every((transaction) => !transaction.startsWith("0x03"))],
    ["V-12", (p.withdrawalsRoot !== undefined) === rules.withdrawalsRoot],
    ["V-12", (envelope.executionRequests ?? []).length === 0],
    ["V-13", parent === undefined || p.baseFeePerGas === parent.baseFeePerGas],
    ["V-15", JSON.stringify(p).length <= asked.payloadBytesMax],
    ["3.1 canonical quantities", QUANTITIES.every((field) => /^0x(0|[1-9a-f][0-9a-f]*)$/.test(p[field]))],
    ["3.1 one reading", hasOneReading(text)],
  ];
  return clauses.find(([, holds]) => !holds)?.[0];
}

/** No escapes, and no key twice in any case: Go takes the last one, whatever its case. */
function hasOneReading(text: string): boolean {
  const keys = [...text.matchAll(/"([A-Za-z]+)"\s*:/g)].map(([, key]) => key?.toLowerCase());
  return !text.includes("\\") && new Set(keys).size === keys.length;
}

const isZero = (params: string | undefined): boolean => /^0x0*$/.test(params ?? "");

/** Version and minimum base fee: what every reader of the attributes knows. */
const withoutParams = (extraData: string): string => extraData.slice(0, 4) + extraData.slice(20);
