import type { Chain } from "./chain.ts";
import type { Block } from "./execution-payload.ts";
import { bytesOf, digest, quantity, ZERO_HASH } from "./hex.ts";
import { JsonRpcError, type JsonRpcMethods, rpcCodes } from "./json-rpc.ts";
import type { TransactionPool } from "./transaction-pool.ts";

/** The chain id all simulated clients answer. */
const CHAIN_ID = 901;

/** `eth_*` and `miner_*`: served on both ports of a client (E-4). */
export function ethMethods(chain: Chain, pool: TransactionPool): JsonRpcMethods {
  return {
    eth_chainId: () => quantity(CHAIN_ID),
    eth_blockNumber: () => chain.head.payload.blockNumber,
    eth_syncing: () => false,
    eth_getBlockByNumber: ([tag, full]) => rpcBlock(blockAt(chain, tag), full === true),
    eth_getBlockByHash: ([hash, full]) => rpcBlock(chain.block(String(hash)), full === true),
    eth_sendRawTransaction: ([transaction]) => {
      if (typeof transaction !== "string" || !/^0x([0-9a-f]{2})+$/i.test(transaction)) {
        throw new JsonRpcError(rpcCodes.invalidParams, "invalid argument 0: not a transaction's bytes in hex");
      }
      pool.add(transaction.toLowerCase());
      return digest(transaction.toLowerCase());
    },
    miner_setMaxDASize: () => true,
  };
}

/** What only the plain port serves (E-4). */
export const netMethods = (name: string, peers: () => number): JsonRpcMethods => ({
  net_version: () => String(CHAIN_ID),
  net_peerCount: () => quantity(peers()),
  admin_peers: () => Array.from({ length: peers() }, (_, index) => ({ id: `${name}-peer-${index}` })),
  web3_clientVersion: () => `simulated/${name}/v1.0.0`,
});

function blockAt(chain: Chain, tag: unknown): Block | undefined {
  switch (tag) {
    case "latest":
    case "pending":
      return chain.head;
    case "safe":
      return chain.safe ?? labelMissing("safe");
    case "finalized":
      return chain.finalized ?? labelMissing("finalized");
    case "earliest":
      return chain.canonical(0n);
    default:
      if (typeof tag !== "string" || !/^0x[0-9a-f]+$/i.test(tag)) {
        throw new JsonRpcError(rpcCodes.invalidParams, "invalid argument 0: not a block number or tag");
      }
      return chain.canonical(BigInt(tag));
  }
}

function labelMissing(label: string): never {
  throw new JsonRpcError(-39001, `${label} block not found`);
}

/** A block as go-ethereum shows it; null where there is none. */
function rpcBlock(block: Block | undefined, full: boolean): unknown {
  if (block === undefined) return null;
  const { blockHash, blockNumber, feeRecipient, prevRandao, transactions, ...shared } = block.payload;
  return {
    ...shared,
    hash: blockHash,
    number: blockNumber,
    miner: feeRecipient,
    mixHash: prevRandao,
    nonce: bytesOf(0, 8),
    difficulty: "0x0",
    sha3Uncles: ZERO_HASH,
    uncles: [],
    size: quantity(JSON.stringify(block).length),
    transactionsRoot: digest("transactions", ...transactions),
    parentBeaconBlockRoot: block.parentBeaconBlockRoot,
    transactions: transactions.map((input, index) =>
      full ? { hash: digest(input), input, blockHash, blockNumber, transactionIndex: quantity(index) } : digest(input),
    ),
  };
}
