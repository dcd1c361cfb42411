import { setTimeout as delay } from "node:timers/promises";
import type { Address, Block, BlockTag } from "viem";
import { waitUntil } from "../processes/wait-until.ts";
import type { OpGeth } from "../stack/op-geth.ts";

/** How exactly the moment of a new head is known. */
const LOOK_EVERY_MS = 40;

/** A block of the OP chain as the execution client shows it. */
export type SeenBlock = {
  readonly number: number;
  readonly hash: string;
  readonly parentHash: string;
  readonly timestampMs: number;
  /** Who signed the block's transactions, the L1-info deposit that every block begins with among them. */
  readonly senders: readonly Address[];
  /** From the block's own timestamp to the moment it was seen as head; about 0 when the sequencer keeps up. */
  readonly latenessMs: number;
};

/** Every block that became the execution client's head since the watch began, in order, and what was reorged away. */
export class BlockWatch implements AsyncDisposable {
  readonly blocks: SeenBlock[] = [];
  readonly reorged: SeenBlock[] = [];
  readonly #client: OpGeth["client"];
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #failure: () => Error | undefined;
  #lost: Error | undefined;

  /** `failure`: what ends every wait at once. */
  constructor(executionClient: OpGeth, failure: () => Error | undefined) {
    this.#client = executionClient.client;
    this.#failure = failure;
    this.#running = this.#watch().catch((cause: unknown) => {
      this.#lost = new Error("the execution client no longer shows its head", { cause });
    });
  }

  /** Resolves with the newest block once `done` holds for it. */
  async newestWhere(what: string, done: (newest: SeenBlock) => boolean, deadlineMs: number): Promise<SeenBlock> {
    return waitUntil(
      what,
      () => {
        const newest = this.blocks.at(-1);
        return newest !== undefined && done(newest) ? newest : undefined;
      },
      { deadlineMs, failure: () => this.#failure() ?? this.#lost },
    );
  }

  /** The blocks with numbers above `number`. */
  above(number: number): readonly SeenBlock[] {
    return this.blocks.filter((block) => block.number > number);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #watch(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const head = await this.#client.getBlock({ blockTag: "latest", includeTransactions: true });
      const seenAtMs = Date.now();
      const newest = this.blocks.at(-1);
      if (newest === undefined) this.blocks.push(seen(head, seenAtMs));
      else if (head.hash !== newest.hash) await this.#follow(newest, head, seenAtMs);
      await delay(LOOK_EVERY_MS);
    }
  }

  async #follow(newest: SeenBlock, head: RpcBlock, seenAtMs: number): Promise<void> {
    for (let number = newest.number + 1; number < Number(head.number); number++) {
      this.blocks.push(
        seen(await this.#client.getBlock({ blockNumber: BigInt(number), includeTransactions: true }), seenAtMs),
      );
    }
    while ((this.blocks.at(-1)?.number ?? -1) >= Number(head.number)) this.reorged.push(...this.blocks.splice(-1));
    this.blocks.push(seen(head, seenAtMs));
  }
}

type RpcBlock = Block<bigint, true, BlockTag>;

const seen = (block: RpcBlock, seenAtMs: number): SeenBlock => {
  const timestampMs = Number(block.timestamp) * 1_000;
  return {
    number: Number(block.number),
    hash: String(block.hash),
    parentHash: block.parentHash,
    timestampMs,
    senders: block.transactions.map((transaction) => transaction.from),
    latenessMs: seenAtMs - timestampMs,
  };
};
