import type { IncomingHttpHeaders } from "node:http";
import { request } from "undici";
import { jwtKey, mintJwt } from "../devnet/jwt.ts";

/** An HTTP answer with its bytes. */
export type HttpAnswer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly text: string;
  json(): unknown;
};

/** One HTTP request with exactly these bytes. Rejects when there is no answer. */
export async function post(
  url: string,
  body: string | Buffer | undefined,
  headers: Readonly<Record<string, string>> = {},
  method: "POST" | "PUT" | "GET" | "HEAD" | "OPTIONS" | "DELETE" = "POST",
): Promise<HttpAnswer> {
  const answer = await request(url, {
    method,
    headers: { "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body }),
  });
  const bytes = Buffer.from(await answer.body.arrayBuffer());
  const text = bytes.toString();
  return { status: answer.statusCode, headers: answer.headers, bytes, text, json: () => JSON.parse(text) };
}

/** GET, for the text and status. */
export const get = (url: string): Promise<HttpAnswer> => post(url, undefined, {}, "GET");

/** The Authorization header op-node sends, with its time moved by `secondsAhead`. */
export const bearer = async (secretHex: string, secondsAhead = 0): Promise<string> =>
  `Bearer ${await mintJwt(jwtKey(secretHex), Math.floor(Date.now() / 1000) + secondsAhead)}`;

/** A JSON-RPC request's text. */
export const call = (method: string, params: readonly unknown[] = [], id: unknown = 1): string =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params });
