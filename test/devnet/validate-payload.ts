import { type Block, blockHashOf, type ExecutionPayload, execute } from "./execution-payload.ts";
import type { ForkRules } from "./fork.ts";
import { byteLength, digest } from "./hex.ts";
import { JsonRpcError, rpcCodes } from "./json-rpc.ts";

const REQUIRED = [
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
  "blockHash",
  "transactions",
  "withdrawals",
  "blobGasUsed",
  "excessBlobGas",
] as const satisfies readonly (keyof ExecutionPayload)[];

const EXTRA_DATA_BYTES_MAX = 32;

/** The payload of a newPayload parameter. Throws -32602 for a missing field, as Go's decoder does (engine-contract 3.2). */
export function payloadOf(param: unknown): ExecutionPayload {
  if (typeof param !== "object" || param === null) throw invalidParams("invalid argument 0: not an object");
  const payload = param as ExecutionPayload;
  const missing = REQUIRED.find((field) => payload[field] === undefined || payload[field] === null);
  if (missing !== undefined) throw invalidParams(`missing required field '${missing}' for ExecutableData`);
  if (!Array.isArray(payload.transactions)) throw invalidParams("invalid argument 0: transactions is not a list");
  return payload;
}

const invalidParams = (message: string): JsonRpcError => new JsonRpcError(rpcCodes.invalidParams, message);

/** What is wrong with a block before its parent matters: a transaction that does not decode, or its hash. */
export function malformation(block: Block): string | undefined {
  const { payload } = block;
  const undecodable = payload.transactions.findIndex((transaction) => !isDecodable(transaction));
  if (undecodable >= 0) return `invalid transaction ${undecodable}: transaction type not supported`;
  if (payload.withdrawals.length > 0) return "non-empty withdrawals";
  const { blockHash, ...fields } = payload;
  const wanted = blockHashOf(fields, block.parentBeaconBlockRoot);
  return wanted === blockHash ? undefined : `blockhash mismatch, want ${wanted}, got ${blockHash}`;
}

/** Legacy, access list, dynamic fee, set code and deposit transactions; blob transactions never on an OP Stack chain. */
const isDecodable = (transaction: string): boolean => {
  const type = Number.parseInt(transaction.slice(2, 4), 16);
  return [0x01, 0x02, 0x04, 0x7e].includes(type) || type >= 0xc0;
};

/**
 * What is wrong with a block on its parent, in go-ethereum's words; undefined when it is VALID. As on a real execution
 * client nobody knows the attributes here: another gasLimit, fee recipient or deposit list is VALID (V-1 to V-13).
 */
export function invalidity(block: Block, parent: Block, rules: ForkRules): string | undefined {
  const { payload } = block;
  const executed = execute(parent, payload.transactions, rules.minBaseFee);
  const wrong: readonly (readonly [boolean, string])[] = [
    [BigInt(payload.blockNumber) !== BigInt(parent.payload.blockNumber) + 1n, "invalid block number"],
    [BigInt(payload.timestamp) <= BigInt(parent.payload.timestamp), "timestamp older than parent"],
    [BigInt(payload.gasUsed) > BigInt(payload.gasLimit), "invalid gasUsed: more than gasLimit"],
    [payload.baseFeePerGas !== parent.payload.baseFeePerGas, "invalid baseFee"],
    [byteLength(payload.extraData) > EXTRA_DATA_BYTES_MAX, "extra-data too long"],
    [payload.excessBlobGas !== "0x0", "invalid excessBlobGas"],
    [payload.gasUsed !== executed.gasUsed, `invalid gas used (remote: ${payload.gasUsed} local: ${executed.gasUsed})`],
    [payload.blobGasUsed !== executed.blobGasUsed, "blob gas used mismatch"],
    [payload.receiptsRoot !== executed.receiptsRoot, "invalid receipt root hash"],
    [payload.stateRoot !== executed.stateRoot, "invalid merkle root"],
    [payload.withdrawalsRoot !== expectedWithdrawalsRoot(executed.stateRoot, rules), "invalid withdrawals hash"],
  ];
  return wrong.find(([is]) => is)?.[1];
}

const expectedWithdrawalsRoot = (stateRoot: string, rules: ForkRules): string | undefined =>
  rules.withdrawalsRoot ? digest("withdrawals", stateRoot) : undefined;
