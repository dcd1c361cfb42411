import { Chain } from "../devnet/chain.ts";
import { engineMethods } from "../devnet/engine-methods.ts";
import { ethMethods } from "../devnet/eth-methods.ts";
import type { Block } from "../devnet/execution-payload.ts";
import type { ForkRules } from "../devnet/fork.ts";
import { quantity } from "../devnet/hex.ts";
import { dispatch, JsonRpcError, type JsonRpcMethods, rpcCodes } from "../devnet/json-rpc.ts";
import { PayloadJobs } from "../devnet/payload-jobs.ts";
import { syncFromPeers } from "../devnet/peer-sync.ts";
import { TransactionPool } from "../devnet/transaction-pool.ts";

/** What a client answers when nothing goes wrong. */
export type ClientAnswer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string } };

/** What all clients of one simulated chain have in common. */
export type ChainFacts = { readonly genesis: Block; readonly rules: ForkRules };

/** Decoders of some clients take leading zeros here, and hash the number (engine contract 3.1). */
const QUANTITIES = ["blockNumber", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed", "excessBlobGas"];

/** An execution client or builder in memory: the devnet's chain, jobs and Engine API, without a socket. */
export class SimulatedClient {
  readonly name: string;
  readonly chain: Chain;
  readonly #jobs = new PayloadJobs();
  readonly #methods: JsonRpcMethods;

  constructor(
    name: string,
    facts: ChainFacts,
    options: { readonly isBuilder: boolean; readonly transactions: number; readonly methods?: JsonRpcMethods },
  ) {
    this.name = name;
    this.chain = new Chain(facts.genesis, facts.rules);
    const pool = new TransactionPool(name, { count: options.transactions, bytes: 40 });
    this.#methods = {
      ...ethMethods(this.chain, pool),
      ...engineMethods({
        chain: this.chain,
        jobs: this.#jobs,
        pool,
        rules: facts.rules,
        payloadIdSalt: options.isBuilder ? name : "",
        clientName: name,
        lacks: () => {},
      }),
      ...options.methods,
    };
  }

  /** Answers one call, and does what it asks for. */
  answer(method: string, params: readonly unknown[]): ClientAnswer {
    try {
      const read = method.startsWith("engine_newPayload") ? [leniently(params[0]), ...params.slice(1)] : params;
      return { result: dispatch(this.#methods, { id: 1, method, params: read }) };
    } catch (error) {
      if (error instanceof JsonRpcError) return { error: { code: error.code, message: error.message } };
      return { error: { code: rpcCodes.invalidParams, message: "invalid argument" } };
    }
  }

  /** All payload ids unknown, as after a restart. */
  loseJobs(): void {
    this.#jobs.forget();
  }

  /** Back to genesis: SYNCING for all it does not get from the start. */
  loseChain(): void {
    this.chain.forget();
    this.#jobs.forget();
  }

  /** Gets another client's head and what lies before it, as by EL p2p. */
  syncWith(other: SimulatedClient): void {
    const peer = { listening: true, block: (hash: string) => other.chain.block(hash) };
    syncFromPeers(this.chain, [peer], other.chain.head.payload.blockHash, true);
  }
}

function leniently(payload: unknown): unknown {
  if (typeof payload !== "object" || payload === null) return payload;
  const numbers = Object.entries(payload).map(([field, value]) =>
    QUANTITIES.includes(field) && typeof value === "string" && /^0x0+[0-9a-f]/.test(value)
      ? [field, quantity(BigInt(value))]
      : [field, value],
  );
  return Object.fromEntries(numbers);
}
