import { failureOf, refusalOf } from "./block-failure.ts";
import type { PayloadStatus } from "./chain.ts";
import type { Envelope, UnsafePayload } from "./execution-payload.ts";
import { type Fork, forks } from "./fork.ts";
import type { JsonRpcCaller } from "./json-rpc-caller.ts";
import type { BlockRef } from "./next-attributes.ts";
import type { PayloadAttributes } from "./payload-attributes.ts";

/** The Engine API calls op-node makes, each with its own judgement of the answer: a result, or BlockFailure. */
export class EngineDriver {
  readonly #engine: JsonRpcCaller;
  readonly #fork: Fork;
  readonly #blockTimeMs: number;

  constructor(engine: JsonRpcCaller, fork: Fork, blockTimeMs: number) {
    this.#engine = engine;
    this.#fork = fork;
    this.#blockTimeMs = blockTimeMs;
  }

  async blockRef(tag: string): Promise<BlockRef> {
    const reply = await this.#engine.call("eth_getBlockByNumber", [tag, false]);
    if (reply.kind !== "result") throw failureOf("start", reply, this.#blockTimeMs);
    const block = reply.result as { readonly hash: string; readonly number: string; readonly timestamp: string };
    return { hash: block.hash, number: BigInt(block.number), timestampS: Number(block.timestamp) };
  }

  /** Always V3 (E-10). The devnet derives nothing, so safe and finalized stay at genesis. */
  async forkchoiceUpdated(
    headBlockHash: string,
    genesisHash: string,
    attributes: PayloadAttributes | null,
  ): Promise<{ readonly payloadId: string | null; readonly tookMs: number }> {
    const step = attributes === null ? "insert" : "start";
    const state = { headBlockHash, safeBlockHash: genesisHash, finalizedBlockHash: genesisHash };
    const reply = await this.#engine.call("engine_forkchoiceUpdatedV3", [state, attributes]);
    if (reply.kind !== "result") throw failureOf(step, reply, this.#blockTimeMs);
    const { payloadStatus, payloadId } = reply.result as {
      readonly payloadStatus: PayloadStatus;
      readonly payloadId: string | null;
    };
    this.#requireValid(step, payloadStatus);
    return { payloadId, tookMs: reply.tookMs };
  }

  async getPayload(
    payloadId: string,
  ): Promise<{ readonly envelope: Envelope; readonly answer: string; readonly tookMs: number }> {
    const reply = await this.#engine.call(`engine_getPayloadV${forks[this.#fork].getPayload}`, [payloadId]);
    if (reply.kind !== "result") throw failureOf("seal", reply, this.#blockTimeMs);
    return { envelope: reply.result as Envelope, answer: reply.text, tookMs: reply.tookMs };
  }

  /** Resolves with the time it took. */
  async newPayload(envelope: UnsafePayload): Promise<number> {
    const version = forks[this.#fork].newPayload;
    const params = [envelope.executionPayload, [], envelope.parentBeaconBlockRoot, ...(version > 3 ? [[]] : [])];
    const reply = await this.#engine.call(`engine_newPayloadV${version}`, params);
    if (reply.kind !== "result") throw failureOf("insert", reply, this.#blockTimeMs);
    this.#requireValid("insert", reply.result as PayloadStatus);
    return reply.tookMs;
  }

  #requireValid(step: "start" | "insert", { status, validationError }: PayloadStatus): void {
    if (status !== "VALID") throw refusalOf(step, status, validationError, this.#blockTimeMs);
  }
}
