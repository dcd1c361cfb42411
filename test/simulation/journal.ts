import type { ConfigFile, ExecutionMode } from "../../proxy/contract/config-file.ts";
import type { BlockDecision } from "../../proxy/contract/status.ts";
import type { UpstreamAnswer } from "../../proxy/engine-api/upstream-client.ts";
import { parseLossless } from "../devnet/lossless-json.ts";

/** What a sequencer's proxy ran with at an instant. */
export type Circumstances = { readonly mode: ExecutionMode; readonly config: ConfigFile };

/** One call of a simulated op-node. Its JSON-RPC id is its own in the whole run, so forwarded bytes can be told. */
export type OpNodeCall = Circumstances & {
  readonly sequencer: string;
  readonly id: number;
  readonly method: string;
  readonly params: readonly unknown[];
  readonly body: Buffer;
  readonly atMs: number;
  /** Counts all entries of a journal, so that those of one instant have an order. */
  readonly order: number;
  reply: { readonly atMs: number; readonly order: number; readonly body: Buffer } | undefined;
};

/** The id of a call whose bytes have none, or not one that everybody reads alike. */
export const NO_ID = -1;

/** One call of a proxy to an upstream, as the proxy's connection sees it. */
export type UpstreamCallRecord = Circumstances & {
  readonly sequencer: string;
  readonly upstream: string;
  readonly isBuilder: boolean;
  /** Of the connection: another after a builder was re-keyed. */
  readonly connection: number;
  readonly body: Buffer;
  readonly atMs: number;
  readonly order: number;
  readonly deadlineMs: number;
  /** When its bytes reached the upstream: more than once where a connection died and the call was repeated. */
  readonly arrivals: number[];
  /** The journal's order of the first arrival. */
  arrivedOrder: number | undefined;
  end: { readonly atMs: number; readonly order: number; readonly answer: UpstreamAnswer } | undefined;
};

/** A config document that a proxy confirmed. */
export type Confirmed = {
  readonly sequencer: string;
  readonly atMs: number;
  readonly order: number;
  readonly config: ConfigFile;
};

/** Sizes of what can grow, seen at one instant. */
export type Sizes = {
  readonly atMs: number;
  readonly jobs: number;
  readonly keptBytes: number;
  readonly deciding: number;
  readonly callsUnderWay: number;
  readonly laneDepth: number;
};

/** All that happened in a run. */
export class Journal {
  readonly opNodeCalls: OpNodeCall[] = [];
  readonly upstreamCalls: UpstreamCallRecord[] = [];
  readonly confirmed: Confirmed[] = [];
  readonly decisions: (BlockDecision & { readonly sequencer: string })[] = [];
  readonly sizes: Sizes[] = [];
  /** Exceptions and rejections: whatever must not happen. */
  readonly violations: string[] = [];
  /** Process restarts, by sequencer. */
  readonly restarts: { readonly sequencer: string; readonly order: number }[] = [];
  /** What the world did, for people. */
  readonly events: { readonly atMs: number; readonly text: string }[] = [];
  /** Alarms of the proxies and their open connections when all was over. */
  left: { readonly alarms: number; readonly connections: number } | undefined;
  #order = 0;

  /** The next place in the order of this run. */
  next(): number {
    this.#order += 1;
    return this.#order;
  }
}

const parsed = new WeakMap<Buffer, { readonly value: unknown }>();

/** The JSON in a body, undefined where it is none. Each buffer is read once: bodies are forwarded as they are. */
export function jsonOf(body: Buffer): unknown {
  const known = parsed.get(body);
  if (known !== undefined) return known.value;
  let value: unknown;
  try {
    const text = body.toString();
    // The one number that may exceed 2^53.
    value = text.includes('"minBaseFee"') ? parseLossless(text) : JSON.parse(text);
  } catch {
    value = undefined;
  }
  parsed.set(body, { value });
  return value;
}

/** A call's method, `""` for a batch or no JSON. */
export const methodOf = (body: Buffer): string => fieldOf(jsonOf(body), "method", "");

/** A call's JSON-RPC id where it is a number. */
export function idOf(body: Buffer): number | undefined {
  const id = member(jsonOf(body), "id");
  return typeof id === "number" ? id : undefined;
}

/** A call's parameters. */
export function paramsOf(body: Buffer): readonly unknown[] {
  const params = member(jsonOf(body), "params");
  return Array.isArray(params) ? params : [];
}

/** The result of an answer; undefined where it is an error or none. */
export function resultOf(answer: UpstreamAnswer | undefined): unknown {
  return answer?.kind === "answered" && answer.status === 200 ? resultIn(answer.body) : undefined;
}

/** The result in a JSON-RPC answer; undefined where it is an error or none. */
export function resultIn(body: Buffer): unknown {
  const value = jsonOf(body);
  const error = member(value, "error");
  return error === undefined || error === null ? member(value, "result") : undefined;
}

/** A member of what may be no object at all. */
export const member = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;

const fieldOf = (value: unknown, key: string, none: string): string => {
  const field = member(value, key);
  return typeof field === "string" ? field : none;
};
