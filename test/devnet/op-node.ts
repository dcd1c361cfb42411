import { setTimeout as sleep } from "node:timers/promises";
import { BlockFailure, failureOf, type Reaction } from "./block-failure.ts";
import { EngineDriver } from "./engine-driver.ts";
import type { UnsafePayload } from "./execution-payload.ts";
import type { Fork } from "./fork.ts";
import { JsonRpcCaller, type RpcReply } from "./json-rpc-caller.ts";
import { type BlockRef, nextAttributes, slotWithTimeLeft } from "./next-attributes.ts";
import type { OpNodeOptions } from "./op-node-options.ts";
import type { PayloadAttributes } from "./payload-attributes.ts";
import { remember } from "./remember.ts";
import { insanity } from "./sanity-check.ts";
import {
  type BlockRequest,
  type BuiltBlock,
  type SealedBlock,
  type StartedBlock,
  sealedBlock,
} from "./sequenced-block.ts";
import { sequence } from "./sequencing-loop.ts";
import { SerialQueue } from "./serial-queue.ts";

/** Gossiped blocks a follower holds back while its engine does not answer. */
const GOSSIP_QUEUE_MAX = 64;

/** How long a new leader tries to get to the block that op-conductor holds (C-13). */
const CATCH_UP_MS = 5_000;
const CATCH_UP_INTERVAL_MS = 50;

/**
 * An op-node as its engine sees it: the calls of engine-contract section 2.3 in their order, its checks, its reaction to errors.
 * By hand: `buildBlock()`, or its steps `startBlock`, `sealBlock`, `insertBlock`; each rejects with BlockFailure. By itself:
 * `startSequencing()`, which keeps to the clock, one block a slot. Connects to its engine with the first call.
 */
export class OpNode implements AsyncDisposable {
  readonly name: string;
  readonly #options: OpNodeOptions;
  readonly #caller: JsonRpcCaller;
  readonly #engine: EngineDriver;
  readonly #conductor: JsonRpcCaller | undefined;
  readonly #fork: Fork;
  readonly #blockTimeMs: number;
  readonly #blocks: BuiltBlock[] = [];
  readonly #failures: BlockFailure[] = [];
  readonly #gossiped = new SerialQueue(GOSSIP_QUEUE_MAX);
  #head: BlockRef | undefined;
  #genesisHash = "";
  #sequencing: { readonly stop: AbortController; readonly done: Promise<void> } | undefined;

  constructor(options: OpNodeOptions) {
    this.name = options.name;
    this.#options = options;
    this.#fork = options.fork ?? "jovian";
    this.#blockTimeMs = options.blockTimeMs ?? 2_000;
    this.#caller = new JsonRpcCaller(options.engineUrl, options.jwtSecret);
    this.#engine = new EngineDriver(this.#caller, this.#fork, this.#blockTimeMs);
    this.#conductor = options.conductorUrl === undefined ? undefined : new JsonRpcCaller(options.conductorUrl);
  }

  /** The last blocks it made, oldest first. */
  get blocks(): readonly BuiltBlock[] {
    return this.#blocks;
  }

  /** What went wrong while it followed or sequenced by itself, oldest first. */
  get failures(): readonly BlockFailure[] {
    return this.#failures;
  }

  get unsafeHead(): BlockRef | undefined {
    return this.#head;
  }

  get sequencing(): boolean {
    return this.#sequencing !== undefined;
  }

  /** `--l2` changes: from the next call on. */
  useEngine(url: string): void {
    this.#caller.url = url;
  }

  /** Signs with this secret from the next call on, as after a restart with another secret file. */
  useJwtSecret(jwtSecret: string): void {
    this.#caller.useJwtSecret(jwtSecret);
  }

  /** Any call to the engine with op-node's token. Never rejects. */
  call(method: string, params: readonly unknown[]): Promise<RpcReply> {
    return this.#caller.call(method, params);
  }

  /** One whole block; the peers have it when this resolves. Slots already gone are skipped: a chain driven by hand has pauses. */
  async buildBlock(request: BlockRequest = {}): Promise<BuiltBlock> {
    return await this.insertBlock(await this.sealBlock(await this.startBlock(request)));
  }

  /** FCU with attributes. */
  async startBlock(request: BlockRequest = {}): Promise<StartedBlock> {
    const parent = await this.#connected();
    return await this.#start(parent, slotWithTimeLeft(parent, this.#blockTimeMs, Date.now()), request);
  }

  /** getPayload, op-node's own checks, commit to the conductor. */
  async sealBlock(started: StartedBlock): Promise<SealedBlock> {
    const { envelope, answer, tookMs } = await this.#engine.getPayload(started.payloadId);
    const problem = insanity(envelope, started.parent.hash);
    if (problem !== undefined) {
      throw new BlockFailure("seal", problem, { waitMs: this.#blockTimeMs, reset: false, keepJob: false });
    }
    const { executionPayload, parentBeaconBlockRoot } = envelope;
    await this.#commit({ parentBeaconBlockRoot, executionPayload });
    return sealedBlock(started, envelope, answer, tookMs);
  }

  /** Gossip, newPayload, FCU. */
  async insertBlock(sealed: SealedBlock): Promise<BuiltBlock> {
    const gossiped = this.#options.gossip?.(sealed.envelope);
    const built = await this.#insert(sealed);
    await gossiped;
    return built;
  }

  /** Takes in a block another sequencer made: newPayload, then FCU. In order; resolves when done, failed or dropped. */
  receiveGossip(payload: UnsafePayload): Promise<void> {
    return this.#gossiped.push(() => this.#follow(payload));
  }

  /** Sequences by itself from the block op-conductor holds. Rejects when its engine cannot get there (C-13). */
  async startSequencing(committed: UnsafePayload | undefined): Promise<void> {
    if (this.#sequencing !== undefined) return;
    await this.#gossiped.idle();
    await this.#connected();
    if (committed !== undefined) await this.#catchUp(committed);
    const stop = new AbortController();
    const steps = {
      start: () => this.#startNext(),
      seal: (started: StartedBlock) => this.sealBlock(started),
      insert: (sealed: SealedBlock) => {
        void this.#options.gossip?.(sealed.envelope);
        return this.#insert(sealed);
      },
      react: (error: unknown) => this.#react(error),
      now: Date.now,
    };
    this.#sequencing = { stop, done: sequence(steps, stop.signal) };
  }

  /** Resolves when the block that was already asked for is the head (C-15). */
  async stopSequencing(): Promise<void> {
    this.#sequencing?.stop.abort();
    await this.#sequencing?.done;
    this.#sequencing = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#sequencing?.stop.abort();
    await this.#caller[Symbol.asyncDispose]();
    await this.#conductor?.[Symbol.asyncDispose]();
    await this.#sequencing?.done;
    await this.#gossiped.idle();
  }

  /** The unsafe head; after the start and after a reset the engine's latest block. */
  async #connected(): Promise<BlockRef> {
    if (this.#head !== undefined) return this.#head;
    this.#genesisHash = (await this.#engine.blockRef("0x0")).hash;
    const head = await this.#engine.blockRef("latest");
    await this.#engine.forkchoiceUpdated(head.hash, this.#genesisHash, null);
    this.#head = head;
    return head;
  }

  /** The next slot, also one long gone; only the first block of a chain waits for the present. */
  async #startNext(): Promise<StartedBlock> {
    const parent = await this.#connected();
    const next = parent.timestampS + this.#blockTimeMs / 1000;
    return await this.#start(
      parent,
      parent.number === 0n ? slotWithTimeLeft(parent, this.#blockTimeMs, Date.now()) : next,
      {},
    );
  }

  async #start(parent: BlockRef, timestampS: number, request: BlockRequest): Promise<StartedBlock> {
    const attributes: PayloadAttributes = {
      ...nextAttributes(parent, timestampS, this.#fork),
      ...(request.noTxPool === true ? { noTxPool: true } : {}),
      ...request.attributes,
    };
    const { payloadId, tookMs } = await this.#engine.forkchoiceUpdated(parent.hash, this.#genesisHash, attributes);
    if (payloadId === null) {
      throw new BlockFailure("start", "VALID, but no payload id", { waitMs: 1_000, reset: false, keepJob: false });
    }
    return { payloadId, parent, attributes, startMs: tookMs };
  }

  async #commit(unsafePayload: UnsafePayload): Promise<void> {
    const reply = await this.#conductor?.call("conductor_commitUnsafePayload", [unsafePayload]);
    if (reply !== undefined && reply.kind !== "result") throw failureOf("commit", reply, this.#blockTimeMs);
  }

  async #insert(sealed: SealedBlock): Promise<BuiltBlock> {
    const newPayloadMs = await this.#engine.newPayload(sealed.envelope);
    await this.#engine.forkchoiceUpdated(sealed.hash, this.#genesisHash, null);
    const timestampS = Number(sealed.attributes.timestamp);
    this.#head = { hash: sealed.hash, number: BigInt(sealed.number), timestampS };
    const times = { newPayloadMs, slotAtMs: timestampS * 1000, insertedAtMs: Date.now() };
    const built = { ...sealed, ...times, sequencer: this.name, lateMs: times.insertedAtMs - times.slotAtMs };
    remember(this.#blocks, built);
    return built;
  }

  /** A block of another sequencer. SYNCING is not the end: the FCU makes the execution client ask its peers. */
  async #follow(payload: UnsafePayload): Promise<void> {
    const { blockHash, blockNumber, timestamp } = payload.executionPayload;
    try {
      await this.#connected();
      await this.#engine.newPayload(payload).catch((failure: unknown) => {
        if (!(failure instanceof BlockFailure) || !failure.message.includes("SYNCING")) throw failure;
      });
      await this.#engine.forkchoiceUpdated(blockHash, this.#genesisHash, null);
      this.#head = { hash: blockHash, number: BigInt(blockNumber), timestampS: Number(timestamp) };
    } catch (error) {
      this.#react(error);
    }
  }

  async #catchUp(committed: UnsafePayload): Promise<void> {
    const { blockHash, blockNumber } = committed.executionPayload;
    const untilMs = Date.now() + CATCH_UP_MS;
    while (this.#head?.hash !== blockHash) {
      if (Date.now() > untilMs) {
        throw new Error(
          `${this.name} cannot lead: its engine does not get to block ${BigInt(blockNumber)} ${blockHash}`,
        );
      }
      await this.#follow(committed);
      if (this.#head?.hash !== blockHash) await sleep(CATCH_UP_INTERVAL_MS);
    }
  }

  #react(error: unknown): Reaction {
    if (!(error instanceof BlockFailure)) throw error;
    remember(this.#failures, error);
    if (error.reaction.reset) this.#head = undefined;
    return error.reaction;
  }
}
