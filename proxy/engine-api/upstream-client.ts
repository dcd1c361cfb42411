import { buildConnector, type Dispatcher, Pool } from "undici";
import type { Clock, Deadline } from "../clock.ts";
import type { CaFile } from "./ca-file.ts";
import { CallGate } from "./call-gate.ts";
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
  /** Where less than the upstream's `answerBytesMax` is to be expected. */
  readonly answerBytesMax?: number;
  /** Asked when its turn has come: whether the call may still leave. */
  readonly isWanted?: () => boolean;
  /** Called with the bytes of each piece of the answer; false ends the call, as there is no room for it. */
  readonly takeBytes?: (bytes: number) => boolean;
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
  /** What is trusted beside the system's certificates. */
  readonly ca?: Pick<CaFile, "context" | "problem">;
};

/** One upstream, as those who call it see it. */
export type Upstream = Pick<UpstreamClient, "call" | "close">;

/** A silent address must not hold calls longer than a slot. */
const CONNECT_TIMEOUT_MS = 1_000;

/** Above op-node's pauses of several blocks, below the 120 s after which execution clients close (E-4). */
const KEEP_ALIVE_MS = 60_000;

/** Calls that wait for a connection, and their bodies in sum: more is a caller that asks faster than the upstream answers. */
const CALLS_WAITING_MAX = 1_024;
const CALLS_WAITING_BYTES_MAX = 64 * 1024 * 1024;

/** JSON-RPC over HTTP/1.1 to one upstream, with kept-alive connections. Whoever makes it closes it. */
export class UpstreamClient {
  readonly #pool: Pool;
  readonly #gate: CallGate;
  readonly #path: string;
  readonly #options: UpstreamOptions;
  readonly #clock: Clock;

  constructor(options: UpstreamOptions, dependencies: { readonly clock: Clock }) {
    const url = new URL(options.url);
    this.#options = options;
    this.#clock = dependencies.clock;
    this.#path = `${url.pathname}${url.search}`;
    this.#gate = new CallGate(
      {
        underWayMax: options.connectionsMax,
        waitingMax: CALLS_WAITING_MAX,
        waitingBytesMax: CALLS_WAITING_BYTES_MAX,
      },
      dependencies.clock,
    );
    this.#pool = new Pool(url.origin, {
      connections: options.connectionsMax,
      connect: options.ca === undefined ? { timeout: CONNECT_TIMEOUT_MS } : connectorTrusting(options.ca),
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
    if (graceMs === 0) this.#gate.close();
    if (graceMs > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const cancel = this.#clock.after(graceMs, resolve);
      await Promise.race([this.#pool.close(), promise]);
      cancel();
      this.#gate.close();
    }
    await this.#pool.destroy();
  }

  async #repeated(call: UpstreamCall, authorization: string | undefined): Promise<UpstreamAnswer> {
    const answer = await this.#send(call, authorization);
    const died = answer.kind === "unreachable" && CONNECTION_DIED.has(answer.detail);
    return died && call.repeatable === true ? await this.#send(call, authorization) : answer;
  }

  async #send(call: UpstreamCall, authorization: string | undefined): Promise<UpstreamAnswer> {
    const entering = this.#gate.enter(call.body.length, call.deadline);
    const place = entering instanceof Promise ? await entering : entering;
    if (place.kind === "late") return place;
    if (place.kind !== "entered") return { kind: "unreachable", detail: GATE_DETAIL[place.kind] };
    const isLate = call.deadline.atMs <= this.#clock.monotonicMs();
    if (isLate || call.isWanted?.() === false) {
      place.leave();
      return isLate ? { kind: "late" } : { kind: "unreachable", detail: "no longer wanted" };
    }
    const headers: Record<string, string> = { "content-type": "application/json", accept: "application/json" };
    if (authorization !== undefined) headers.authorization = authorization;
    if (call.acceptEncoding !== undefined) headers["accept-encoding"] = call.acceptEncoding;
    if (call.contentEncoding !== undefined) headers["content-encoding"] = call.contentEncoding;
    const answer = await collectAnswer(
      (handler) =>
        this.#pool.dispatch(
          { path: this.#path, method: "POST", headers, body: call.body },
          leaving(place.leave, handler),
        ),
      {
        deadline: call.deadline,
        bytesMax: call.answerBytesMax ?? this.#options.answerBytesMax,
        clock: this.#clock,
        ...(call.takeBytes === undefined ? {} : { takeBytes: call.takeBytes }),
      },
    );
    const caProblem = answer.kind === "unreachable" ? this.#options.ca?.problem() : undefined;
    return answer.kind === "unreachable" && caProblem !== undefined
      ? { kind: "unreachable", detail: `${answer.detail} (${caProblem})` }
      : answer;
  }
}

const GATE_DETAIL = { full: "too many calls wait for it", closed: "its connections were closed" } as const;

/** Gives the place back when the dispatch has ended, which may be later than its answer: then the connection is free again. */
const leaving = (leave: () => void, handler: Dispatcher.DispatchHandler): Dispatcher.DispatchHandler => ({
  ...handler,
  onResponseEnd: (controller, trailers) => {
    handler.onResponseEnd?.(controller, trailers);
    leave();
  },
  onResponseError: (controller, error) => {
    handler.onResponseError?.(controller, error);
    leave();
  },
});

/** Makes TLS connections that trust what the file holds at that moment. */
function connectorTrusting(ca: Pick<CaFile, "context">): buildConnector.connector {
  let context = ca.context();
  const build = (): buildConnector.connector =>
    buildConnector({
      timeout: CONNECT_TIMEOUT_MS,
      allowH2: false,
      ...(context === undefined ? {} : { secureContext: context }),
    });
  let connector = build();
  return (options, callback) => {
    if (ca.context() !== context) {
      context = ca.context();
      connector = build();
    }
    connector(options, callback);
  };
}

const isRefused = (answer: UpstreamAnswer): boolean => answer.kind === "answered" && answer.status === 401;

/** Of a connection that had been good: the peer closed it while our request was on its way. */
const CONNECTION_DIED: ReadonlySet<string> = new Set(["UND_ERR_SOCKET", "ECONNRESET", "EPIPE"]);
