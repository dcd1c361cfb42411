import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { errorBody, RPC_CODE } from "../engine-api/json-rpc.ts";
import { NO_ROOM_REPLY, plainRpc } from "../routes/plain-rpc.ts";
import type { Reply } from "../routes/reply.ts";
import type { SequencerProxy } from "../sequencer-proxy.ts";
import { ByteBudget, type Hold } from "./byte-budget.ts";
import { BODY_BYTES_MAX, rawBodyOf } from "./raw-body.ts";

/** Bodies and answers of calls without a JWT under way, in sum: whoever reaches the port may send them. */
const PLAIN_BYTES_MAX = 256 * 1024 * 1024;

/** The calls of a server that need no JWT, and what all of them hold together. */
export class PlainCalls {
  readonly #proxy: SequencerProxy;
  readonly #budget: ByteBudget;
  readonly #holds = new WeakMap<IncomingMessage, Hold>();

  constructor(proxy: SequencerProxy, budget: ByteBudget = new ByteBudget(PLAIN_BYTES_MAX)) {
    this.#proxy = proxy;
    this.#budget = budget;
  }

  /** A call begins; what it takes is given back when its answer has left or its caller is gone. */
  begin(request: FastifyRequest, reply: FastifyReply): void {
    const hold = this.#budget.hold();
    this.#holds.set(request.raw, hold);
    reply.raw.once("close", hold.release);
  }

  /** A piece of a body that has begun; false where there is no room for it, and then the whole body is thrown away. */
  take(request: FastifyRequest, bytes: number): boolean {
    const hold = this.#holds.get(request.raw);
    const isTaken = hold?.take(bytes) === true;
    if (!isTaken) hold?.release();
    return isTaken;
  }

  /** The answer to a call that has begun and was read. */
  async answer(request: FastifyRequest): Promise<Reply> {
    const raw = rawBodyOf(request.body);
    switch (raw.kind) {
      case "noRoom":
        return NO_ROOM_REPLY;
      case "tooLarge": {
        const text = `the request is larger than ${BODY_BYTES_MAX} bytes`;
        return { body: errorBody(undefined, RPC_CODE.invalidRequest, text) };
      }
      case "bytes": {
        const { "accept-encoding": acceptEncoding, "content-encoding": contentEncoding } = request.headers;
        const call = { body: raw.bytes, acceptEncoding: acceptEncoding?.toString(), contentEncoding };
        return await plainRpc(call, (bytes) => this.#holds.get(request.raw)?.take(bytes) === true, this.#proxy);
      }
    }
  }
}
