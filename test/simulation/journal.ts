import type { BalancerConfig, ConfigFile, ExecutionMode } from "../../proxy/contract/config-file.ts";
import type { BlockDecision } from "../../proxy/contract/status.ts";
import type { CallerClaims } from "../../proxy/engine-api/caller-claims.ts";
import type { UpstreamAnswer } from "../../proxy/engine-api/upstream-client.ts";
import { parseLossless } from "../devnet/lossless-json.ts";

/** What a proxy ran with at an instant. */
export type Circumstances<Config = ConfigFile> = { readonly mode: ExecutionMode; readonly config: Config };

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

/** One call of a proxy to an upstream, as the proxy's connection sees it; of what waits for a connection, when it leaves. */
export type UpstreamCallRecord<Config = ConfigFile> = Circumstances<Config> & {
  /** Whose proxy it is, or the balancer. */
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
  /** What a balancer was told of its caller; undefined for all other upstreams. */
  readonly caller: CallerClaims | undefined;
};

/** A transaction or limit that came to a proxy or balancer, for its builders too. */
export type Told = {
  readonly by: string;
  readonly body: Buffer;
  readonly setsLimit: boolean;
  readonly mode: ExecutionMode;
  /** Wired builders that shall hear of it. */
  readonly builders: readonly string[];
  /** Whether one of them that takes it is enough: a transaction for balancers. */
  readonly isForOne: boolean;
  readonly atMs: number;
  readonly order: number;
};

/** A time in which one balancer hangs, is gone, or slow. */
export type Trouble = { readonly fromMs: number; untilMs: number; readonly isSlow: boolean };

/** A call that a balancer answered. */
export type Served = {
  readonly balancer: string;
  readonly body: Buffer;
  readonly caller: CallerClaims;
  /** When it came. */
  readonly mode: ExecutionMode;
  readonly order: number;
  readonly reply: Buffer;
  /** When it was answered. */
  readonly replyOrder: number;
};

/** The process of a balancer begins. */
export type BalancerStart = { readonly balancer: string; readonly order: number; readonly startedAtMs: number };

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
  /** The same of a balancer's. */
  readonly decidingBehind: number;
};

/** All that happened in a run. */
export class Journal {
  readonly opNodeCalls: OpNodeCall[] = [];
  readonly upstreamCalls: UpstreamCallRecord[] = [];
  /** What balancers send to the builders behind them. */
  readonly behindCalls: UpstreamCallRecord<BalancerConfig>[] = [];
  readonly told: Told[] = [];
  readonly served: Served[] = [];
  /** Who was shut off for some time. */
  readonly shutOff = new Set<string>();
  readonly balancerStarts: BalancerStart[] = [];
  /** When something went wrong at a balancer, and when it was over. */
  readonly troubles: Trouble[] = [];
  /** What builders did not get of what they were told, as their proxy or balancer counted it. */
  readonly lost: { readonly by: string; readonly upstream: string; readonly count: number }[] = [];
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
