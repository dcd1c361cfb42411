import { Agent, request } from "undici";
import { unlessAborted } from "../kubernetes/unless-aborted.ts";
import { withDeadline } from "../kubernetes/with-deadline.ts";

/** Largest answer that is read: a proxy's status with 64 decisions has some 30 KiB. */
const ANSWER_BYTES_MAX = 1024 * 1024;

/**
 * Whom we ask every second keeps its connection; of a thousand proxies that are asked once a minute none does, whatever
 * they offer: open connections are most of what they would cost.
 */
const KEEP_ALIVE_MS = 3_000;

/** A machine that died answers nothing: each attempt to reach it is over before many more have gathered. */
const CONNECT_TIMEOUT_MS = 2_000;

const agent = new Agent({
  connect: { timeout: CONNECT_TIMEOUT_MS },
  keepAliveTimeout: KEEP_ALIVE_MS,
  keepAliveMaxTimeout: KEEP_ALIVE_MS,
});

export type HttpJsonRequest = {
  readonly method: "GET" | "POST" | "PUT";
  readonly url: string | URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Ends the call; it is also ended after `deadlineMs`. */
  readonly signal: AbortSignal;
  readonly deadlineMs: number;
};

export type HttpJsonAnswer =
  | { readonly kind: "json"; readonly statusCode: number; readonly value: unknown }
  /** No connection, no answer in time, too long, or not JSON. `problem` holds no credentials. */
  | { readonly kind: "failed"; readonly problem: string };

/** One bounded HTTP call that answers JSON. Never rejects. */
export async function httpJson(call: HttpJsonRequest): Promise<HttpJsonAnswer> {
  try {
    return await withDeadline(call.deadlineMs, call.signal, (signal) => answerTo(call, signal));
  } catch (error) {
    return { kind: "failed", problem: problemOf(error, call.deadlineMs) };
  }
}

async function answerTo(call: HttpJsonRequest, signal: AbortSignal): Promise<HttpJsonAnswer> {
  const sent = request(call.url, {
    method: call.method,
    dispatcher: agent,
    headers: { ...(call.body === undefined ? {} : { "content-type": "application/json" }), ...call.headers },
    body: call.body ?? null,
    signal,
  });
  const { statusCode, body } = await unlessAborted(sent, signal);
  const text = await readBounded(body);
  if (text === undefined) return { kind: "failed", problem: `answered more than ${ANSWER_BYTES_MAX} bytes` };
  return { kind: "json", statusCode, value: JSON.parse(text) };
}

async function readBounded(body: AsyncIterable<Buffer>): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function problemOf(error: unknown, deadlineMs: number): string {
  if (error instanceof SyntaxError) return "answered something that is not JSON";
  if (error instanceof Error && error.name === "TimeoutError") return `gave no answer within ${deadlineMs} ms`;
  if (error instanceof Error && error.name === "AbortError") return "the call was ended";
  const code = error instanceof Error && "code" in error ? String(error.code) : "no connection";
  return `cannot be reached (${code})`;
}
