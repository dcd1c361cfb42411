import type { Block } from "./execution-payload.ts";
import type { ForkRules } from "./fork.ts";
import { ZERO_HASH } from "./hex.ts";
import { JsonRpcError, rpcCodes } from "./json-rpc.ts";
import { invalidity, malformation } from "./validate-payload.ts";

/** The Engine API's payload status. */
export type PayloadStatus = {
  readonly status: "VALID" | "INVALID" | "SYNCING";
  readonly latestValidHash: string | null;
  readonly validationError: string | null;
};

export type ForkchoiceState = {
  readonly headBlockHash: string;
  readonly safeBlockHash: string;
  readonly finalizedBlockHash: string;
};

/** A devnet that runs for hours keeps a quarter of an hour of 1-second blocks. */
const BLOCKS_KEPT = 1_024;
/** As many as op-geth remembers. */
const BAD_BLOCKS_KEPT = 128;

const SYNCING: PayloadStatus = { status: "SYNCING", latestValidHash: null, validationError: null };
const valid = (hash: string): PayloadStatus => ({ status: "VALID", latestValidHash: hash, validationError: null });
const invalid = (error: string, latestValidHash: string | null): PayloadStatus => ({
  status: "INVALID",
  latestValidHash,
  validationError: error,
});

/** One client's blocks and its view of which are canonical. Answers newPayload and forkchoiceUpdated as op-geth does. */
export class Chain {
  readonly #genesis: Block;
  readonly #rules: ForkRules;
  #blocks = new Map<string, Block>();
  #canonical = new Map<bigint, string>();
  #bad = new Map<string, string>();
  #head: Block;
  #safe: Block | undefined;
  #finalized: Block | undefined;

  constructor(genesis: Block, rules: ForkRules) {
    this.#genesis = genesis;
    this.#rules = rules;
    this.#head = genesis;
    this.forget();
  }

  get head(): Block {
    return this.#head;
  }

  get safe(): Block | undefined {
    return this.#safe;
  }

  get finalized(): Block | undefined {
    return this.#finalized;
  }

  block(hash: string): Block | undefined {
    return this.#blocks.get(hash);
  }

  canonical(number: bigint): Block | undefined {
    return this.#blocks.get(this.#canonical.get(number) ?? "");
  }

  /** Back to genesis, as a client with an empty data folder. */
  forget(): void {
    const { blockHash, blockNumber } = this.#genesis.payload;
    this.#blocks = new Map([[blockHash, this.#genesis]]);
    this.#canonical = new Map([[BigInt(blockNumber), blockHash]]);
    this.#bad = new Map();
    this.#head = this.#genesis;
    this.#safe = undefined;
    this.#finalized = undefined;
  }

  /** Takes a block in and judges it against its parent (engine-contract 3.2). Does not move the head. */
  newPayload(block: Block): PayloadStatus {
    const malformed = malformation(block);
    if (malformed !== undefined) return invalid(malformed, null);
    const { blockHash, parentHash } = block.payload;
    if (this.#blocks.has(blockHash)) return valid(blockHash);
    const known = this.#bad.get(blockHash);
    if (known !== undefined) return invalid(known, parentHash);
    const parent = this.#blocks.get(parentHash);
    if (parent === undefined) return SYNCING;
    const error = invalidity(block, parent, this.#rules);
    if (error !== undefined) {
      this.#bad.set(blockHash, error);
      if (this.#bad.size > BAD_BLOCKS_KEPT) this.#bad.delete(this.#bad.keys().next().value ?? "");
      return invalid(error, parentHash);
    }
    this.#blocks.set(blockHash, block);
    return valid(blockHash);
  }

  /** Moves the head. An ancestor on the canonical chain is VALID and moves nothing (F-2). Throws -38002. */
  forkchoiceUpdated(state: ForkchoiceState): PayloadStatus {
    if (state.headBlockHash === ZERO_HASH) return invalid("forkchoice requested update to zero hash", null);
    const bad = this.#bad.get(state.headBlockHash);
    if (bad !== undefined) return invalid(bad, null);
    const head = this.#blocks.get(state.headBlockHash);
    if (head === undefined) return SYNCING;
    if (this.canonical(BigInt(head.payload.blockNumber)) !== head) this.#setCanonical(head);
    this.#finalized = this.#labelled(state.finalizedBlockHash, "final") ?? this.#finalized;
    this.#safe = this.#labelled(state.safeBlockHash, "safe") ?? this.#safe;
    return valid(state.headBlockHash);
  }

  #labelled(hash: string, label: string): Block | undefined {
    if (hash === ZERO_HASH) return undefined;
    const block = this.#blocks.get(hash);
    if (block !== undefined && this.canonical(BigInt(block.payload.blockNumber)) === block) return block;
    throw new JsonRpcError(rpcCodes.invalidForkchoiceState, "Invalid forkchoice state", {
      err: `${label} block not available in database`,
    });
  }

  #setCanonical(head: Block): void {
    const number = BigInt(head.payload.blockNumber);
    for (let above = number + 1n; this.#canonical.delete(above); above += 1n);
    for (let block: Block | undefined = head; block !== undefined; block = this.#blocks.get(block.payload.parentHash)) {
      const at = BigInt(block.payload.blockNumber);
      if (this.#canonical.get(at) === block.payload.blockHash) break;
      this.#canonical.set(at, block.payload.blockHash);
    }
    this.#head = head;
    this.#prune(number - BigInt(BLOCKS_KEPT));
  }

  #prune(below: bigint): void {
    if (this.#blocks.size <= 2 * BLOCKS_KEPT) return;
    for (const [hash, block] of this.#blocks) {
      if (BigInt(block.payload.blockNumber) < below && block !== this.#genesis) this.#blocks.delete(hash);
    }
    for (const [number, hash] of this.#canonical) if (!this.#blocks.has(hash)) this.#canonical.delete(number);
  }
}
