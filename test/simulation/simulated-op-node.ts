import type { Block, Envelope, UnsafePayload } from "../devnet/execution-payload.ts";
import { type Fork, type ForkRules, forks } from "../devnet/fork.ts";
import { stringifyLossless } from "../devnet/lossless-json.ts";
import { type BlockRef, nextAttributes, slotWithTimeLeft } from "../devnet/next-attributes.ts";
import type { PayloadAttributes } from "../devnet/payload-attributes.ts";
import { insanity } from "../devnet/sanity-check.ts";
import type { Dice } from "./dice.ts";
import { type Journal, member, type OpNodeCall, resultIn } from "./journal.ts";
import type { SimulatedBalancer } from "./simulated-balancer.ts";
import type { SimulatedSequencer } from "./simulated-sequencer.ts";
import { type SimulatedClock, sleep } from "./timeline.ts";

/** op-node gives a call so long (E-5). */
const CALL_TIMEOUT_MS = 10_000;

/** `--sequencer.sealing-duration` (engine contract 2.3). */
const SEALING_MS = 50;

/** Exceeds 2^53: lost by whoever parses and writes again (E-12). */
const MIN_BASE_FEE = 2n ** 60n + 1n;

export type OpNodeWorld = {
  readonly clock: SimulatedClock;
  readonly journal: Journal;
  readonly dice: Dice;
  readonly fork: Fork;
  readonly rules: ForkRules;
  readonly genesis: Block;
  readonly blockTimeMs: number;
  readonly balancers: readonly SimulatedBalancer[];
  /** Hands a block to the other op-nodes. */
  readonly gossip: (payload: UnsafePayload) => void;
};

/** A block asked for. */
export type Started = { readonly payloadId: string; readonly parent: BlockRef; readonly attributes: PayloadAttributes };

/** The calls of op-node (engine contract 2.3), made one by one by whoever plays it. Nothing rejects: undefined is a failed step. */
export class SimulatedOpNode {
  readonly sequencer: SimulatedSequencer;
  readonly world: OpNodeWorld;
  head: BlockRef;
  readonly #ids: { next: number };
  readonly #payloadIds = new Set<string>();
  #underWay = 0;

  constructor(sequencer: SimulatedSequencer, world: OpNodeWorld, ids: { next: number }) {
    this.sequencer = sequencer;
    this.world = world;
    this.#ids = ids;
    this.head = refOf(world.genesis);
  }

  /** Any call; the answer's body, or undefined where op-node gave up on it. */
  async call(method: string, params: readonly unknown[]): Promise<Buffer | undefined> {
    this.#ids.next += 1;
    const id = this.#ids.next;
    return await this.send(Buffer.from(stringifyLossless({ jsonrpc: "2.0", id, method, params })), {
      id,
      method,
      params,
    });
  }

  /** Any bytes. */
  async send(
    body: Buffer,
    { id, method, params }: Pick<OpNodeCall, "id" | "method" | "params">,
  ): Promise<Buffer | undefined> {
    const { journal, clock } = this.world;
    const call: OpNodeCall = {
      ...this.sequencer.circumstances,
      sequencer: this.sequencer.name,
      id,
      method,
      params,
      body,
      atMs: clock.monotonicMs(),
      order: journal.next(),
      reply: undefined,
    };
    journal.opNodeCalls.push(call);
    this.#underWay += 1;
    this.#measure(method);
    return await new Promise((resolve) => {
      const cancelPatience = clock.after(CALL_TIMEOUT_MS, () => resolve(undefined));
      void this.sequencer.answer(body).then((answer) => {
        this.#underWay -= 1;
        if (answer !== undefined) call.reply = { atMs: clock.monotonicMs(), order: journal.next(), body: answer };
        this.#measure(method);
        cancelPatience();
        resolve(answer);
      });
    });
  }

  /** The next block's attributes; `isBehind`: for the slot after the parent's, also one long gone. */
  attributes(change: Partial<PayloadAttributes> = {}, isBehind = false): PayloadAttributes {
    const { blockTimeMs, clock, fork } = this.world;
    const timestampS = isBehind
      ? this.head.timestampS + blockTimeMs / 1_000
      : slotWithTimeLeft(this.head, blockTimeMs, clock.nowMs());
    const { minBaseFee } = forks[fork];
    return {
      ...nextAttributes(this.head, timestampS, fork),
      ...(minBaseFee ? { minBaseFee: MIN_BASE_FEE } : {}),
      ...change,
    };
  }

  /** FCU without attributes. */
  async forkchoice(headBlockHash: string): Promise<boolean> {
    const answer = await this.call("engine_forkchoiceUpdatedV3", [this.#state(headBlockHash), null]);
    return statusIn(answer && resultIn(answer)) === "VALID";
  }

  /** FCU with attributes. */
  async start(attributes: PayloadAttributes): Promise<Started | undefined> {
    const parent = this.head;
    const answer = await this.call("engine_forkchoiceUpdatedV3", [this.#state(parent.hash), attributes]);
    const result = answer && resultIn(answer);
    const payloadId = member(result, "payloadId");
    if (statusIn(result) !== "VALID" || typeof payloadId !== "string") return undefined;
    this.#payloadIds.add(payloadId);
    return { payloadId, parent, attributes };
  }

  /** Waits until the slot is nearly over. */
  async untilSeal({ attributes }: Started): Promise<void> {
    const { clock } = this.world;
    const waitMs = Number(attributes.timestamp) * 1_000 - SEALING_MS - clock.nowMs();
    await sleep(clock, Math.min(Math.max(0, waitMs), 2 * this.world.blockTimeMs));
  }

  /** getPayload and op-node's own checks. */
  async seal({ payloadId, parent }: Started): Promise<UnsafePayload | undefined> {
    const answer = await this.call(`engine_getPayloadV${forks[this.world.fork].getPayload}`, [payloadId]);
    const envelope = answer && (resultIn(answer) as Envelope | undefined | null);
    return envelope?.executionPayload?.transactions !== undefined && insanity(envelope, parent.hash) === undefined
      ? envelope
      : undefined;
  }

  /** newPayload, then FCU; the block is the head where both say VALID. */
  async insert(payload: UnsafePayload): Promise<boolean> {
    if (!(await this.newPayload(payload))) return false;
    if (!(await this.forkchoice(payload.executionPayload.blockHash))) return false;
    this.head = refOf({ payload: payload.executionPayload, parentBeaconBlockRoot: payload.parentBeaconBlockRoot });
    return true;
  }

  async newPayload({ executionPayload, parentBeaconBlockRoot }: UnsafePayload): Promise<boolean> {
    const version = forks[this.world.fork].newPayload;
    const params = [executionPayload, [], parentBeaconBlockRoot, ...(version > 3 ? [[]] : [])];
    const answer = await this.call(`engine_newPayloadV${version}`, params);
    return member(answer && resultIn(answer), "status") === "VALID";
  }

  /** Commits and gossips, then takes the block in; one that fails is tried once more, as it is out in the world already. */
  async finish(payload: UnsafePayload): Promise<boolean> {
    this.world.gossip(payload);
    if (await this.insert(payload)) return true;
    await sleep(this.world.clock, 1_000);
    return await this.insert(payload);
  }

  /** Finds the head again, as after a reset. */
  reset(): void {
    this.head = refOf(this.sequencer.executionClient.client.chain.head);
  }

  #state(headBlockHash: string): Readonly<Record<string, string>> {
    const { blockHash } = this.world.genesis.payload;
    return { headBlockHash, safeBlockHash: blockHash, finalizedBlockHash: blockHash };
  }

  #measure(method: string): void {
    const { journal, clock, balancers } = this.world;
    const { jobs, deciding, laneDepth } = this.sequencer.core;
    const looksAtJobs = method.startsWith("engine_getPayload");
    const kept = looksAtJobs ? [...this.#payloadIds].filter((id) => jobs.get(id) !== undefined) : [];
    journal.sizes.push({
      atMs: clock.monotonicMs(),
      jobs: kept.length,
      keptBytes: kept.reduce((bytes, id) => bytes + (jobs.handedOut(id)?.result.length ?? 0), 0),
      deciding: deciding.size,
      callsUnderWay: this.#underWay,
      laneDepth: Math.max(laneDepth, ...balancers.map(({ core }) => core.laneDepth)),
      decidingBehind: Math.max(0, ...balancers.map(({ core }) => core.deciding)),
    });
  }
}

/** A block as the one to build on. */
export const refOf = ({ payload }: Block): BlockRef => ({
  hash: payload.blockHash,
  number: BigInt(payload.blockNumber),
  timestampS: Number(payload.timestamp),
});

const statusIn = (result: unknown): unknown => member(member(result, "payloadStatus"), "status");
