/** The bodies of one benched block: the same for every size but for the user transactions. */
type BlockBodies = {
  readonly forkchoiceWithAttributes: Buffer;
  readonly forkchoice: (blockHash: string) => Buffer;
  readonly getPayload: (payloadId: string) => Buffer;
};

/** A user transaction on OP chains has about 600 bytes. */
const TRANSACTION_BYTES = 600;

const PARENT_HASH = `0x${"a1".repeat(32)}`;
const ROOT = `0x${"b2".repeat(32)}`;
const RANDAO = `0x${"c3".repeat(32)}`;
const FEE_VAULT = "0x4200000000000000000000000000000000000011";
/** Far ahead, so that no slot has passed. */
const TIMESTAMP = "0xffffffff";
const GAS_LIMIT = "0x3938700";
/** The L1-info deposit of every block, forced by the attributes. */
const DEPOSIT = `0x7e${"d4".repeat(420)}`;

/** What op-node sends for a block, but for the newPayload, which holds the envelope's payload. */
export const blockBodies: BlockBodies = {
  forkchoiceWithAttributes: call("engine_forkchoiceUpdatedV3", [
    forkchoiceState(PARENT_HASH),
    {
      timestamp: TIMESTAMP,
      prevRandao: RANDAO,
      suggestedFeeRecipient: FEE_VAULT,
      withdrawals: [],
      parentBeaconBlockRoot: ROOT,
      transactions: [DEPOSIT],
      gasLimit: GAS_LIMIT,
      eip1559Params: "0x000000fa00000006",
      minBaseFee: 1_000_000,
    },
  ]),
  forkchoice: (blockHash) => call("engine_forkchoiceUpdatedV3", [forkchoiceState(blockHash), null]),
  getPayload: (payloadId) => call("engine_getPayloadV4", [payloadId]),
};

/** The newPayload op-node sends for a getPayload answer; the payload's bytes as they were. */
export function newPayloadOf(getPayloadAnswer: Buffer): Buffer {
  const start = getPayloadAnswer.indexOf('{"parentHash"');
  const end = getPayloadAnswer.indexOf(',"blockValue"');
  return Buffer.concat([
    Buffer.from('{"jsonrpc":"2.0","id":1,"method":"engine_newPayloadV4","params":['),
    getPayloadAnswer.subarray(start, end),
    Buffer.from(`,[],"${ROOT}",[]]}`),
  ]);
}

/** An envelope of about so many bytes, and where its block hash's 64 hex characters stand. */
export function envelopeOf(size: number): { readonly bytes: Buffer; readonly blockHashAt: number } {
  const user = `0x02${"e5".repeat(TRANSACTION_BYTES - 1)}`;
  const count = Math.max(0, Math.round((size - 2_900) / (user.length + 3)));
  const executionPayload = {
    parentHash: PARENT_HASH,
    feeRecipient: FEE_VAULT,
    stateRoot: ROOT,
    receiptsRoot: ROOT,
    logsBloom: `0x${"00".repeat(256)}`,
    prevRandao: RANDAO,
    blockNumber: "0x64",
    gasLimit: GAS_LIMIT,
    gasUsed: "0x5208",
    timestamp: TIMESTAMP,
    extraData: `0x01${"00".repeat(16)}`,
    baseFeePerGas: "0x3b9aca00",
    blockHash: `0x${"0".repeat(64)}`,
    transactions: [DEPOSIT, ...new Array<string>(count).fill(user)],
    withdrawals: [],
    blobGasUsed: "0x0",
    excessBlobGas: "0x0",
    withdrawalsRoot: ROOT,
  };
  const envelope = {
    executionPayload,
    blockValue: "0x0",
    blobsBundle: { commitments: [], proofs: [], blobs: [] },
    executionRequests: [],
    shouldOverrideBuilder: false,
    parentBeaconBlockRoot: ROOT,
  };
  const bytes = Buffer.from(JSON.stringify(envelope));
  return { bytes, blockHashAt: bytes.indexOf('"blockHash":"0x') + '"blockHash":"0x'.length };
}

function forkchoiceState(headBlockHash: string) {
  return { headBlockHash, safeBlockHash: PARENT_HASH, finalizedBlockHash: PARENT_HASH };
}

function call(method: string, params: readonly unknown[]): Buffer {
  return Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }));
}
