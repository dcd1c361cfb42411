import { Agent, request } from "undici";
import { jwtKey, mintJwt } from "./jwt.ts";
import { parseLossless, stringifyLossless } from "./lossless-json.ts";

/** How a call ended. `failed` is everything op-node cannot read a JSON-RPC answer from: no connection, HTTP status, timeout (E-3). */
export type RpcReply =
  | { readonly kind: "result"; readonly result: unknown; readonly text: string; readonly tookMs: number }
  | { readonly kind: "error"; readonly code: number; readonly message: string; readonly tookMs: number }
  | { readonly kind: "failed"; readonly reason: string; readonly tookMs: number };

/** op-node's own limit for one Engine API call (E-5). */
const CALL_TIMEOUT_MS = 10_000;

/** Calls one JSON-RPC endpoint as op-node does: one POST per call, kept-alive connections, a fresh token each time. */
export class JsonRpcCaller implements AsyncDisposable {
  url: string;
  #key: Uint8Array | undefined;
  readonly #agent = new Agent({ keepAliveTimeout: 60_000 });
  #lastId = 0;

  constructor(url: string, jwtSecret?: string) {
    this.url = url;
    this.#key = jwtSecret === undefined ? undefined : jwtKey(jwtSecret);
  }

  /** Signs with this secret from now on. */
  useJwtSecret(jwtSecret: string): void {
    this.#key = jwtKey(jwtSecret);
  }

  /** Never rejects. */
  async call(method: string, params: readonly unknown[]): Promise<RpcReply> {
    const startedMs = performance.now();
    const tookMs = () => performance.now() - startedMs;
    this.#lastId += 1;
    try {
      const token = this.#key === undefined ? undefined : await mintJwt(this.#key, Math.floor(Date.now() / 1000));
      const { statusCode, body } = await request(this.url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body: stringifyLossless({ jsonrpc: "2.0", id: this.#lastId, method, params }),
        dispatcher: this.#agent,
        signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
      });
      const text = await body.text();
      if (statusCode !== 200)
        return { kind: "failed", reason: `HTTP ${statusCode}: ${text.slice(0, 200)}`, tookMs: tookMs() };
      return replyOf(text, tookMs());
    } catch (error) {
      return { kind: "failed", reason: error instanceof Error ? error.message : String(error), tookMs: tookMs() };
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#agent.destroy();
  }
}

function replyOf(text: string, tookMs: number): RpcReply {
  const answer = parseLossless(text);
  if (typeof answer === "object" && answer !== null) {
    if ("error" in answer && answer.error !== null && answer.error !== undefined) {
      const error = answer.error as { readonly code: number; readonly message: string };
      return { kind: "error", code: error.code, message: error.message, tookMs };
    }
    if ("result" in answer) return { kind: "result", result: answer.result, text, tookMs };
  }
  return { kind: "failed", reason: "neither result nor error in the answer", tookMs };
}
