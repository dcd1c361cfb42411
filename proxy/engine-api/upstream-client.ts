import { Pool } from "undici";
import type { Clock, Deadline } from "../clock.ts";
import { collectAnswer } from "./collect-answer.ts";

/** What came of a call. What an upstream may do is a value; nothing is thrown. */
export type UpstreamAnswer =
  | { readonly kind: "answered"; readonly status: number; readonly headers: AnswerHeaders; readonly body: Buffer }
  /** The deadline passed, before or within the answer. */
  | { readonly kind: "late" }
  /** No connection, or it broke. `detail` names the error and no address. */
  | { readonly kind: "unreachable"; readonly detail: string };

type AnswerHeaders = { readonly contentType?: string; readonly contentEncoding?: string };

export type UpstreamCall = {
  readonly body: Buffer;
  readonly deadline: Deadline;
  /** What the caller accepts; without it nothing is compressed. */
  readonly acceptEncoding?: string | undefined;
  readonly contentEncoding?: string | undefined;
  /** Sends the call once more when a kept-alive connection died under it. Only for calls that may be repeated. */
  readonly repeatable?: boolean;
};

/** Who signs the calls to an upstream. */
export type UpstreamSigner = {
  /** Undefined while there is no secret to sign with. */
  readonly header: () => Promise<string | undefined>;
  /** What to try once after a 401 to `refused`; undefined: nothing. */
  readonly otherHeader: (refused: string) => Promise<string | undefined>;
  /** The upstream took this one where it had refused the other. */
  readonly taken: (header: string) => void;
};

export type UpstreamOptions = {
  readonly url: string;
  /** An upstream's answer above this is dropped with its connection. */
  readonly answerBytesMax: number;
  readonly connectionsMax: number;
  /** Absent for an execution client's plain RPC. */
  readonly signer?: UpstreamSigner;
};

/** A silent address must not hold calls longer than a slot. */
const CONNECT_TIMEOUT_MS = 1_000;

/** Above op-node's pauses of several blocks, below the 120 s after which execution clients close (E-4). */
const KEEP_ALIVE_MS = 60_000;

/** JSON-RPC over HTTP/1.1 to one upstream, with kept-alive connections. Whoever makes it closes it. */
export class UpstreamClient {
  readonly #pool: Pool;
  readonly #path: string;
  readonly #options: UpstreamOptions;
  readonly #clock: Clock;

  constructor(options: UpstreamOptions, dependencies: { readonly clock: Clock }) {
    const url = new URL(options.url);
    this.#options = options;
    this.#clock = dependencies.clock;
    this.#path = `${url.pathname}${url.search}`;
    this.#pool = new Pool(url.origin, {
      connections: options.connectionsMax,
      connect: { timeout: CONNECT_TIMEOUT_MS },
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      headersTimeout: 0,
      bodyTimeout: 0,
      allowH2: false,
    });
  }

  /** Sends the body as it is and gives the answer's bytes. Ends by the deadline whatever the upstream does. */
  async call(call: UpstreamCall): Promise<UpstreamAnswer> {
    const { signer } = this.#options;
    if (signer === undefined) return await this.#repeated(call, undefined);
    const header = await signer.header();
    if (header === undefined) return { kind: "unreachable", detail: "its JWT secret file is missing or malformed" };
    const answer = await this.#repeated(call, header);
    const otherHeader = isRefused(answer) ? await signer.otherHeader(header) : undefined;
    if (otherHeader === undefined) return answer;
    // A refused call did nothing, so every call may be repeated with the other secret of a rotation.
    const second = await this.#repeated(call, otherHeader);
    if (second.kind !== "answered" || isRefused(second)) return answer;
    signer.taken(otherHeader);
    return second;
  }

  /** Ends all connections. Calls under way have `graceMs` to be answered, then they come back as unreachable. */
  async close(graceMs = 0): Promise<void> {
    if (graceMs > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = this.#clock.after(graceMs, resolve);
      await Promise.race([this.#pool.close(), promise]);
      cancel();
    }
    await this.#pool.destroy();
  }

  async #repeated(call: UpstreamCall, authorization: string | undefined): Promise<UpstreamAnswer> {
    const answer = await this.#send(call, authorization);
    const died = answer.kind === "unreachable" && CONNECTION_DIED.has(answer.detail);
    return died && call.repeatable === true ? await this.#send(call, authorization) : answer;
  }

  #send(call: UpstreamCall, authorization: string | undefined): Promise<UpstreamAnswer> {
    const headers: Record<string, string> = { "content-type": "application/json", accept: "application/json" };
    if (authorization !== undefined) headers.authorization = authorization;
    if (call.acceptEncoding !== undefined) headers["accept-encoding"] = call.acceptEncoding;
    if (call.contentEncoding !== undefined) headers["content-encoding"] = call.contentEncoding;
    return collectAnswer(
      (handler) => this.#pool.dispatch({ path: this.#path, method: "POST", headers, body: call.body }, handler),
      { deadline: call.deadline, bytesMax: this.#options.answerBytesMax, clock: this.#clock },
    );
  }
}

const isRefused = (answer: UpstreamAnswer): boolean => answer.kind === "answered" && answer.status === 401;

/** Of a connection that had been good: the peer closed it while our request was on its way. */
const CONNECTION_DIED: ReadonlySet<string> = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);
