import { byteLength, bytesOf, digest, quantity } from "./hex.ts";

/** The Engine API's execution payload, as OP Stack clients send it (engine-contract section 3.1). */
export type ExecutionPayload = {
  readonly parentHash: string;
  readonly feeRecipient: string;
  readonly stateRoot: string;
  readonly receiptsRoot: string;
  readonly logsBloom: string;
  readonly prevRandao: string;
  readonly blockNumber: string;
  readonly gasLimit: string;
  readonly gasUsed: string;
  readonly timestamp: string;
  readonly extraData: string;
  readonly baseFeePerGas: string;
  readonly blockHash: string;
  readonly transactions: readonly string[];
  readonly withdrawals: readonly unknown[];
  readonly blobGasUsed: string;
  readonly excessBlobGas: string;
  /** From Isthmus on. */
  readonly withdrawalsRoot?: string;
};

/** A payload and the one field of its header that it does not carry. */
export type Block = { readonly payload: ExecutionPayload; readonly parentBeaconBlockRoot: string };

/** What getPayload answers. From Isthmus on with executionRequests. */
export type Envelope = {
  readonly executionPayload: ExecutionPayload;
  readonly blockValue: string;
  readonly blobsBundle: {
    readonly commitments: readonly unknown[];
    readonly proofs: readonly unknown[];
    readonly blobs: readonly unknown[];
  };
  readonly executionRequests?: readonly unknown[];
  readonly shouldOverrideBuilder: boolean;
  readonly parentBeaconBlockRoot: string;
};

/** What op-node commits to op-conductor and gossips to its peers. */
export type UnsafePayload = Pick<Envelope, "parentBeaconBlockRoot" | "executionPayload">;

const DEPOSIT_TYPE = "0x7e";
const DEPOSIT_GAS = 46_000;
const TRANSACTION_GAS = 21_000;
const GAS_PER_BYTE = 16;
/** Jovian's data availability footprint: gas per byte of user transactions. */
const FOOTPRINT_GAS_PER_BYTE = 400;

export const isDeposit = (transaction: string): boolean => transaction.startsWith(DEPOSIT_TYPE);

/** The gas a transaction burns in the simulated EVM. */
export const gasOf = (transaction: string): number =>
  isDeposit(transaction) ? DEPOSIT_GAS : TRANSACTION_GAS + GAS_PER_BYTE * byteLength(transaction);

/** The fields that executing transactions on a parent gives: what newPayload recomputes and compares. */
export type Executed = Pick<ExecutionPayload, "stateRoot" | "receiptsRoot" | "logsBloom" | "gasUsed" | "blobGasUsed">;

/** Executes transactions on a parent: the same result in every simulated client. */
export function execute(parent: Block, transactions: readonly string[], footprint: boolean): Executed {
  const userBytes = transactions.reduce((bytes, tx) => (isDeposit(tx) ? bytes : bytes + byteLength(tx)), 0);
  return {
    stateRoot: digest("state", parent.payload.stateRoot, ...transactions),
    receiptsRoot: digest("receipts", ...transactions),
    logsBloom: bytesOf(0, 256),
    gasUsed: quantity(transactions.reduce((gas, tx) => gas + gasOf(tx), 0)),
    blobGasUsed: quantity(footprint ? FOOTPRINT_GAS_PER_BYTE * userBytes : 0),
  };
}

/** The header fields in the order they are hashed. */
const HASHED = [
  "parentHash",
  "feeRecipient",
  "stateRoot",
  "receiptsRoot",
  "logsBloom",
  "prevRandao",
  "blockNumber",
  "gasLimit",
  "gasUsed",
  "timestamp",
  "extraData",
  "baseFeePerGas",
  "blobGasUsed",
  "excessBlobGas",
  "withdrawalsRoot",
] as const satisfies readonly (keyof ExecutionPayload)[];

/** The hash all simulated clients give a block: over every header field, the transactions and the beacon block root. */
export const blockHashOf = (payload: Omit<ExecutionPayload, "blockHash">, parentBeaconBlockRoot: string): string =>
  digest(...HASHED.map((field) => payload[field] ?? ""), parentBeaconBlockRoot, ...payload.transactions);

/** The same payload under its own right hash. */
export const sealed = (
  payload: Omit<ExecutionPayload, "blockHash">,
  parentBeaconBlockRoot: string,
): ExecutionPayload => ({
  ...payload,
  blockHash: blockHashOf(payload, parentBeaconBlockRoot),
});
