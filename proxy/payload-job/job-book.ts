import type { FallbackReason } from "../contract/status.ts";
import type { HandedOut, PayloadId, PayloadJob } from "./payload-job.ts";
import { RecentBlocks } from "./recent-blocks.ts";
import { RecentHeads } from "./recent-heads.ts";

/** op-node asks within seconds; 64 jobs are two minutes of 2-second blocks. */
const JOBS_KEPT = 64;

/** Envelopes kept for repeated getPayloads (E-16: the last ten), in bytes: ten blocks of the largest size op-conductor takes. */
const HANDED_OUT_BYTES_MAX = 64 * 1024 * 1024;

/** FCUs of the jobs builders were asked for, in bytes: their attributes carry the forced transactions. */
const ATTRIBUTES_BYTES_MAX = 32 * 1024 * 1024;

/** Hashes handed out, so that no block is handed out for two ids (V-14), and their parents' numbers (V-6). */
const HASHES_KEPT = 256;

/** A longer text is no hash, and not worth a place. */
const HASH_LENGTH = 66;

type Entry<Handle> = {
  job: PayloadJob<Handle>;
  handedOut: HandedOut | undefined;
  /** From then on only the execution client's block. */
  ownBlockOnly: boolean;
  /** Why a getPayload of this id was left to the execution client; a repeat is too, or it could get another block. */
  leftToOwn: FallbackReason | undefined;
  open: boolean;
};

/** The bounded book of payload jobs, by the execution client's payload id. */
export class JobBook<Handle> {
  /** The last blocks that went through, for builders that lack a job's parents. */
  readonly blocks = new RecentBlocks();
  /** The last heads, for comparing a builder's head with. */
  readonly heads = new RecentHeads();
  readonly #entries = new Map<string, Entry<Handle>>();
  readonly #handedOutFor = new Map<string, PayloadId<"execution_client">>();
  readonly #numbers = new Map<string, bigint>();
  #expected = 0;
  #forkchoices = 0;
  #chainParams: string | undefined;

  /** What zero eip1559Params stand for on this chain (V-10); undefined until an own payload has shown it. */
  get chainParams(): string | undefined {
    return this.#chainParams;
  }

  /** Notes what an own payload shows of them; undefined: nothing. */
  learnChainParams(params: string | undefined): void {
    this.#chainParams = params ?? this.#chainParams;
  }

  /**
   * Opens a job. The same id again is the same attributes again: op-node wants the block anew, so where a builder's block
   * was handed out before, something was wrong with it and only the execution client's may follow.
   */
  open(job: PayloadJob<Handle>): void {
    const before = this.#entries.get(job.payloadId);
    this.#entries.delete(job.payloadId);
    const ownBlockOnly = before !== undefined && (before.ownBlockOnly || before.handedOut !== undefined);
    this.#entries.set(job.payloadId, { job, handedOut: undefined, ownBlockOnly, leftToOwn: undefined, open: true });
    dropOldest(this.#entries, JOBS_KEPT);
    this.#keepAttributesBound();
  }

  /** The job of that id. */
  get(payloadId: string): PayloadJob<Handle> | undefined {
    return this.#entries.get(payloadId)?.job;
  }

  /** What was handed out for that id and may be handed out again. */
  handedOut(payloadId: string): HandedOut | undefined {
    return this.#entries.get(payloadId)?.handedOut;
  }

  /** Whether only the execution client's block may be handed out for that id. */
  isOwnBlockOnly(payloadId: string): boolean {
    return this.#entries.get(payloadId)?.ownBlockOnly === true;
  }

  /** The choice is the execution client's block, which may be long in coming. */
  leaveToOwn(payloadId: string, reason: FallbackReason): void {
    const entry = this.#entries.get(payloadId);
    if (entry !== undefined) entry.leftToOwn = reason;
  }

  /** Why the choice was left to the execution client before; undefined while it is open. */
  leftToOwn(payloadId: string): FallbackReason | undefined {
    return this.#entries.get(payloadId)?.leftToOwn;
  }

  /** Whether a block was handed out for another id than this one (V-14). */
  isHandedOutForAnother(blockHash: string, payloadId: string): boolean {
    const owner = this.#handedOutFor.get(blockHash);
    return owner !== undefined && owner !== payloadId;
  }

  /** Whether this proxy has handed that block out. */
  wasHandedOut(blockHash: string): boolean {
    return this.#handedOutFor.has(blockHash);
  }

  /** Keeps what was handed out. */
  handOut(payloadId: PayloadId<"execution_client">, handedOut: HandedOut): void {
    const entry = this.#entries.get(payloadId);
    if (entry === undefined) return;
    entry.handedOut = handedOut;
    entry.open = false;
    remember(this.#handedOutFor, handedOut.blockHash, payloadId, HASHES_KEPT);
    this.sawBlock(handedOut.blockHash, BigInt(handedOut.blockNumber));
    this.#keepByteBound();
  }

  /** A getPayload was answered in another way. */
  close(payloadId: string): void {
    const entry = this.#entries.get(payloadId);
    if (entry !== undefined) entry.open = false;
  }

  /** The execution client called a block not VALID: if it was handed out, it is not again. */
  reject(blockHash: string): void {
    for (const entry of this.#entries.values()) {
      if (entry.handedOut?.blockHash !== blockHash || entry.handedOut.source !== "builder") continue;
      entry.handedOut = undefined;
      entry.ownBlockOnly = true;
    }
  }

  /** Notes a block's number, to check its children's (V-6). */
  sawBlock(blockHash: string, blockNumber: bigint): void {
    if (blockHash.length > HASH_LENGTH) return;
    remember(this.#numbers, blockHash, blockNumber, HASHES_KEPT);
  }

  /** An FCU came: what this gives says whether it still is the newest. */
  forkchoice(): () => boolean {
    this.#forkchoices += 1;
    const own = this.#forkchoices;
    return () => own === this.#forkchoices;
  }

  /** Notes the head the execution client knows from now on. */
  sawHead(blockHash: string): void {
    const blockNumber = this.#numbers.get(blockHash);
    if (blockNumber !== undefined) this.heads.saw(blockNumber, blockHash);
  }

  /** The number of a block seen before. */
  numberOf(blockHash: string): bigint | undefined {
    return this.#numbers.get(blockHash);
  }

  /** An FCU with attributes is under way, and a job may come of it. Call what this gives once it was answered. */
  expect(): () => void {
    this.#expected += 1;
    return () => {
      this.#expected -= 1;
    };
  }

  /** Whether op-node has asked for a block that it has not fetched yet. */
  get hasOpenJob(): boolean {
    return this.#expected > 0 || [...this.#entries.values()].at(-1)?.open === true;
  }

  /** The newest job always keeps its own. A job without them is left to the execution client, as one of an earlier process. */
  #keepAttributesBound(): void {
    let bytes = 0;
    for (const [index, entry] of [...this.#entries.values()].reverse().entries()) {
      const { builders } = entry.job;
      if (builders.kind === "not_asked") continue;
      bytes += builders.attributes.body.length;
      if (index > 0 && bytes > ATTRIBUTES_BYTES_MAX) {
        entry.job = { ...entry.job, builders: { kind: "not_asked", reason: "unknown_job" } };
      }
    }
  }

  #keepByteBound(): void {
    let bytes = 0;
    for (const entry of [...this.#entries.values()].reverse()) {
      bytes += entry.handedOut?.result.length ?? 0;
      if (bytes > HANDED_OUT_BYTES_MAX) entry.handedOut = undefined;
    }
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V, kept: number): void {
  map.delete(key);
  map.set(key, value);
  dropOldest(map, kept);
}

function dropOldest(map: Map<string, unknown>, kept: number): void {
  const oldest = map.keys().next();
  if (map.size > kept && oldest.done === false) map.delete(oldest.value);
}
