import { once } from "node:events";
import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { Agent, request } from "undici";

/** A request as it came. */
export type ApiCall = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly atMs: number;
};

/** What happens to a call; called for each, in the order in which they were set, until one handles it. */
export type Rule = (call: ApiCall, stream: ServerHttp2Stream) => boolean;

/** What becomes of the next event of a watch: `line` is the whole of it, with its newline. */
export type EventFault = (line: Buffer, stream: ServerHttp2Stream) => void;

type Hold = { readonly matches: (call: ApiCall) => boolean; readonly held: (letGo: () => void) => void };

export type ApiProxyOptions = {
  readonly key: string;
  readonly cert: string;
  /** The real API server. */
  readonly server: string;
  readonly ca: string;
};

/** Between a client and the real API server, with TLS and HTTP/2: passes everything on, except where a test says otherwise. */
export class ApiProxy implements AsyncDisposable {
  readonly calls: ApiCall[] = [];
  readonly #options: ApiProxyOptions;
  readonly #upstream: Agent;
  readonly #server: Http2SecureServer;
  readonly #sessions = new Set<ServerHttp2Session>();
  readonly #watches = new Map<ServerHttp2Stream, string>();
  readonly #rules = new Set<Rule>();
  readonly #eventFaults = new Map<string, EventFault>();
  readonly #holds = new Set<Hold>();

  constructor(options: ApiProxyOptions) {
    this.#options = options;
    this.#upstream = new Agent({ connect: { ca: options.ca } });
    this.#server = createSecureServer({ key: options.key, cert: options.cert });
    this.#server.on("session", (session) => {
      this.#sessions.add(session);
      session.once("close", () => this.#sessions.delete(session)).on("error", () => {});
    });
    this.#server.on("stream", (stream, headers) => void this.#serve(stream, headers));
  }

  async listen(): Promise<number> {
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
    return (this.#server.address() as AddressInfo).port;
  }

  /** Adds a rule; the answer takes it away. */
  rule(rule: Rule): () => void {
    this.#rules.add(rule);
    return () => this.#rules.delete(rule);
  }

  /** Does `fault` to the next event of the watch of this resource instead of passing it on. Resolves when it happened. */
  async onNextEvent(plural: string, fault: EventFault): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#eventFaults.set(plural, (line, stream) => {
        this.#eventFaults.delete(plural);
        fault(line, stream);
        resolve();
      });
    });
  }

  /** Lets the next call that `matches` reach the API server, and keeps the answer's body back. Resolves when there is one to let go. */
  async holdNextAnswer(matches: (call: ApiCall) => boolean): Promise<() => void> {
    return await new Promise((held) => {
      this.#holds.add({ matches, held });
    });
  }

  /** How many watches are open now, by resource. */
  openWatches(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const plural of this.#watches.values()) counts[plural] = (counts[plural] ?? 0) + 1;
    return counts;
  }

  /** The lists, or the watches, of a resource that were asked for. */
  callsOf(plural: string, kind: "list" | "watch"): readonly ApiCall[] {
    return this.calls.filter(
      (call) => call.method === "GET" && pluralOf(call) === plural && call.query.has("watch") === (kind === "watch"),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
    await this.#upstream.destroy();
  }

  async #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    stream.on("error", () => {});
    const url = new URL(String(headers[":path"]), this.#options.server);
    const call = {
      method: String(headers[":method"]),
      path: url.pathname,
      query: url.searchParams,
      atMs: performance.now(),
    };
    this.calls.push(call);
    if ([...this.#rules].some((rule) => rule(call, stream))) return;
    const left = new AbortController();
    stream.once("close", () => left.abort());
    try {
      await this.#passOn(call, url, headers, stream, left.signal);
    } catch {
      // The API server is away, or the client is.
      stream.close();
    }
  }

  async #passOn(
    call: ApiCall,
    url: URL,
    headers: IncomingHttpHeaders,
    stream: ServerHttp2Stream,
    signal: AbortSignal,
  ): Promise<void> {
    const body = await buffer(stream);
    const response = await request(url, {
      method: call.method,
      dispatcher: this.#upstream,
      signal,
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(":") && name !== "host")),
      body: body.length === 0 ? null : body,
      bodyTimeout: 0,
    });
    stream.respond({ ":status": response.statusCode, ...endToEnd(response.headers) });
    await this.#hold(call);
    if (!call.query.has("watch") || response.statusCode !== 200) {
      stream.end(Buffer.from(await response.body.arrayBuffer()));
      return;
    }
    const plural = pluralOf(call);
    this.#watches.set(stream, plural);
    stream.once("close", () => this.#watches.delete(stream));
    for await (const line of linesOf(response.body)) {
      const fault = line.includes('"type":"BOOKMARK"') ? undefined : this.#eventFaults.get(plural);
      if (fault === undefined) stream.write(line);
      else fault(line, stream);
      if (stream.writableEnded || stream.destroyed) return;
    }
    stream.end();
  }

  async #hold(call: ApiCall): Promise<void> {
    const hold = [...this.#holds].find(({ matches }) => matches(call));
    if (hold === undefined) return;
    this.#holds.delete(hold);
    await new Promise<void>((letGo) => hold.held(letGo));
  }
}

/** Answers like the API server when it refuses. */
export function refuse(stream: ServerHttp2Stream, code: number, headers: Readonly<Record<string, string>> = {}): void {
  stream.respond({ ":status": code, "content-type": "application/json", ...headers });
  stream.end(JSON.stringify({ kind: "Status", apiVersion: "v1", status: "Failure", code, message: "by the test" }));
}

const pluralOf = ({ path }: ApiCall): string => path.split("/").at(-1) ?? "";

const PER_CONNECTION = new Set(["connection", "transfer-encoding", "keep-alive", "content-length"]);

const endToEnd = (headers: Readonly<Record<string, string | string[] | undefined>>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !PER_CONNECTION.has(name)));

/** Whole lines, with their newlines. */
async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf("\n"); end !== -1; end = rest.indexOf("\n")) {
      yield rest.subarray(0, end + 1);
      rest = rest.subarray(end + 1);
    }
  }
}
