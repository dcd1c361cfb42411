import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import type { CallJournal, Endpoint, RecordedCall } from "./call-journal.ts";
import type { Fault, FaultBook } from "./fault-book.ts";
import { callsOf, dispatch, type JsonRpcCall, JsonRpcError, type JsonRpcMethods, rpcCodes } from "./json-rpc.ts";
import { parseLossless, stringifyLossless } from "./lossless-json.ts";

export type JsonRpcServerOptions = {
  readonly endpoint: Endpoint;
  /** 0: any free port; the same one again after a stop. */
  readonly port: number;
  readonly bodyBytesMax: number;
  /** Why the call is refused with 401, or undefined. */
  readonly authorize?: (authorization: string | undefined) => Promise<string | undefined>;
  /** Paths a GET is answered on, each with its text; all other GETs get an empty 200, as from go-ethereum. */
  readonly gets?: Readonly<Record<string, string>>;
};

export type JsonRpcServerDependencies = {
  readonly methods: JsonRpcMethods;
  readonly faults: FaultBook;
  readonly journal: CallJournal;
  readonly now: () => number;
};

/** go-ethereum keeps idle connections for two minutes (E-4). */
const KEEP_ALIVE_MS = 120_000;

/** A call's answer, and the fault it met. */
type Answer = { readonly json: string; readonly fault: Fault | undefined };

/** A JSON-RPC server on loopback whose faults come from a book and whose calls go to a journal. */
export class JsonRpcServer {
  readonly #options: JsonRpcServerOptions;
  readonly #dependencies: JsonRpcServerDependencies;
  #server: Server | undefined;
  #stopped = new AbortController();
  #port: number;

  constructor(options: JsonRpcServerOptions, dependencies: JsonRpcServerDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    this.#port = options.port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get listening(): boolean {
    return this.#server !== undefined;
  }

  /** Listens. Rejects with the system's error, e.g. EADDRINUSE. */
  async start(): Promise<void> {
    if (this.#server !== undefined) return;
    this.#stopped = new AbortController();
    const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => {
      this.#serve(request, response).catch(() => request.socket.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(this.#port, "127.0.0.1", resolve);
    });
    const address = server.address();
    if (address !== null && typeof address !== "string") this.#port = address.port;
    this.#server = server;
  }

  /** Closes the port and breaks every connection, as a killed process does. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    this.#stopped.abort();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method !== "POST") {
      const text = this.#options.gets?.[request.url ?? "/"];
      response.writeHead(200, { "content-type": text === undefined ? "text/plain" : "application/json" });
      response.end(text ?? "");
      return;
    }
    const refusal = await this.#options.authorize?.(request.headers.authorization);
    if (refusal !== undefined) return void response.writeHead(401, { "content-type": "text/plain" }).end(refusal);
    const body = await bodyOf(request, this.#options.bodyBytesMax);
    if (body === undefined) return void response.writeHead(413).end("content length too large");

    let batch = false;
    let answers: readonly Answer[];
    try {
      const parsed = callsOf(parseLossless(body.toString("utf8")));
      batch = parsed.batch;
      answers = await this.#answers(parsed.calls, request.headers, body);
    } catch (error) {
      answers = [{ json: errorJson(null, error), fault: undefined }];
    }
    const json = batch ? `[${answers.map((answer) => answer.json).join(",")}]` : (answers[0]?.json ?? "");
    respond(json, answers.find((answer) => answer.fault !== undefined)?.fault, request, response);
  }

  /** In order, one after the other, as go-ethereum works through a batch. */
  async #answers(
    calls: readonly JsonRpcCall[],
    headers: IncomingHttpHeaders,
    body: Buffer,
  ): Promise<readonly Answer[]> {
    const answers: Answer[] = [];
    for (const call of calls) {
      const receivedAtMs = this.#dependencies.now();
      answers.push(await this.#answer({ ...call, endpoint: this.#options.endpoint, headers, body, receivedAtMs }));
    }
    return answers;
  }

  async #answer(call: RecordedCall): Promise<Answer> {
    const { journal, faults, methods } = this.#dependencies;
    journal.record(call);
    const fault = faults.take(call);
    if (fault?.delayMs !== undefined) await sleep(fault.delayMs, undefined, { signal: this.#stopped.signal });
    if (fault?.hang === true || fault?.drop === true || fault?.httpStatus !== undefined) return { json: "", fault };
    if (fault?.error !== undefined) return { json: answerJson(call.id, { error: fault.error }), fault };
    try {
      const result = await dispatch(methods, call);
      const changed = fault?.result === undefined ? result : fault.result(result);
      return { json: answerJson(call.id, { result: changed ?? null }), fault };
    } catch (error) {
      return { json: errorJson(call.id, error instanceof JsonRpcError ? error : invalidParams(error)), fault };
    }
  }
}

function respond(json: string, fault: Fault | undefined, request: IncomingMessage, response: ServerResponse): void {
  if (fault?.hang === true) return;
  if (fault?.drop === true) return void request.socket.destroy();
  if (fault?.httpStatus !== undefined) {
    return void response.writeHead(fault.httpStatus).end(`status ${fault.httpStatus}`);
  }
  const plain = Buffer.from(fault?.body ?? json);
  if (fault?.dripEveryMs !== undefined || fault?.paddingBytes !== undefined) {
    response.writeHead(200, { "content-type": "application/json" });
    return void pipeline(piecesOf(plain, fault), response).catch(() => {});
  }
  // op-geth compresses for whoever asks.
  const gzip = fault === undefined && /\bgzip\b/.test(String(request.headers["accept-encoding"] ?? ""));
  const bytes = gzip ? gzipSync(plain, { level: 1 }) : plain;
  response.writeHead(200, {
    "content-type": "application/json",
    "content-length": bytes.length,
    ...(gzip ? { "content-encoding": "gzip" } : {}),
  });
  if (fault?.halfBody !== true) return void response.end(bytes);
  response.write(bytes.subarray(0, bytes.length / 2), () => response.socket?.resetAndDestroy());
}

const PADDING = Buffer.alloc(64 * 1024, " ");

/** An answer that is slow to come, or long. */
async function* piecesOf(answer: Buffer, { dripEveryMs, paddingBytes = 0 }: Fault): AsyncGenerator<Buffer> {
  for (let sent = 0; sent < paddingBytes; sent += PADDING.length) yield PADDING;
  if (dripEveryMs === undefined) return yield answer;
  for (const byte of answer) {
    await sleep(dripEveryMs);
    yield Buffer.of(byte);
  }
}

async function bodyOf(request: IncomingMessage, bytesMax: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes <= bytesMax) chunks.push(chunk);
  }
  return bytes > bytesMax ? undefined : Buffer.concat(chunks);
}

/** A method throws anything else only on a parameter it cannot read. */
const invalidParams = (error: unknown): JsonRpcError =>
  new JsonRpcError(rpcCodes.invalidParams, `invalid argument: ${String(error)}`);

const answerJson = (id: unknown, answer: { readonly result: unknown } | { readonly error: unknown }): string =>
  stringifyLossless({ jsonrpc: "2.0", id, ...answer });

const errorJson = (id: unknown, error: unknown): string =>
  answerJson(id, {
    error:
      error instanceof JsonRpcError
        ? { code: error.code, message: error.message, ...(error.data === undefined ? {} : { data: error.data }) }
        : error instanceof SyntaxError
          ? { code: rpcCodes.parseError, message: "parse error" }
          : { code: rpcCodes.serverError, message: String(error) },
  });
