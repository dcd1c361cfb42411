import type { Envelope } from "../../devnet/execution-payload.ts";
import type { PayloadAttributes } from "../../devnet/payload-attributes.ts";
import {
  idOf,
  jsonOf,
  member,
  methodOf,
  NO_ID,
  type OpNodeCall,
  paramsOf,
  resultIn,
  resultOf,
  type UpstreamCallRecord,
} from "../journal.ts";
import type { Run } from "../simulate.ts";

/** A rule of the design: what a run shows against it, undefined where it held. */
export type Invariant = {
  /** The clause it stands for. */
  readonly clause: string;
  readonly rule: string;
  readonly broken: (seen: Seen) => string | undefined;
};

/** A getPayload of op-node and what came of it. */
export type Fetched = {
  readonly call: OpNodeCall;
  readonly payloadId: string;
  /** The call of the execution client in its behalf; none where kept bytes were given. */
  readonly own: UpstreamCallRecord | undefined;
  /** The text of the result that op-node got; undefined for an error. */
  readonly result: string | undefined;
  readonly envelope: Envelope | undefined;
  /** Whether the execution client itself ever answered these very bytes for this id, up to then. */
  readonly isOwn: boolean;
};

/** An FCU with attributes that the execution client answered with a payload id. */
export type Opened = {
  readonly sequencer: string;
  readonly payloadId: string;
  readonly headHash: string;
  readonly attributes: PayloadAttributes;
  /** Of the execution client's answer. */
  readonly order: number;
};

/** A run as the invariants look at it. */
export type Seen = Run & {
  readonly ownCallOf: ReadonlyMap<OpNodeCall, UpstreamCallRecord>;
  readonly fetched: readonly Fetched[];
  readonly opened: readonly Opened[];
  /** What sequencers' proxies sent to builders, or to balancers as to builders. */
  readonly builderCalls: readonly UpstreamCallRecord[];
  /** The same, and what balancers sent to the builders behind them. */
  readonly allBuilderCalls: readonly UpstreamCallRecord<unknown>[];
  /** Whose op-node made the call with these bytes; undefined where none did. */
  readonly sequencerOf: (body: Buffer) => string | undefined;
};

/** Looks at a run once, for all invariants. */
export function look(run: Run): Seen {
  const { opNodeCalls, upstreamCalls } = run.journal;
  const own = new Map(upstreamCalls.filter(({ isBuilder }) => !isBuilder).map((record) => [record.body, record]));
  const ownCallOf = new Map<OpNodeCall, UpstreamCallRecord>();
  for (const call of opNodeCalls) {
    const record = own.get(call.body);
    if (record !== undefined) ownCallOf.set(call, record);
  }
  const builderCalls = upstreamCalls.filter(({ isBuilder }) => isBuilder);
  const askers = new Map(opNodeCalls.map(({ id, sequencer }) => [id, sequencer]));
  return {
    ...run,
    ownCallOf,
    fetched: opNodeCalls.filter(isGetPayload).map((call) => fetchedOf(call, run, ownCallOf)),
    opened: [...ownCallOf].flatMap(([call, record]) => openedBy(call, record)),
    builderCalls,
    allBuilderCalls: [...builderCalls, ...run.journal.behindCalls].toSorted((a, b) => a.order - b.order),
    sequencerOf: (body) => askers.get(idOf(body) ?? NO_ID),
  };
}

/** How an entry is named in what an invariant says. */
export const named = (record: UpstreamCallRecord<unknown>): string =>
  `${methodOf(record.body)} (id ${idOf(record.body)}) of ${record.sequencer} to ${record.upstream} at ${record.atMs} ms`;

const isGetPayload = ({ method, params }: OpNodeCall): boolean =>
  method.startsWith("engine_getPayload") && typeof params[0] === "string" && params[0].length === 18;

function fetchedOf(call: OpNodeCall, run: Run, ownCallOf: ReadonlyMap<OpNodeCall, UpstreamCallRecord>): Fetched {
  const payloadId = String(call.params[0]);
  const { reply } = call;
  const result = reply === undefined ? undefined : resultText(reply.body);
  const envelope = reply === undefined ? undefined : (resultIn(reply.body) as Envelope | undefined | null);
  const isOwn =
    result !== undefined &&
    run.journal.upstreamCalls.some(
      ({ isBuilder, body, end, sequencer }) =>
        !isBuilder &&
        sequencer === call.sequencer &&
        end?.answer.kind === "answered" &&
        end.order < (reply?.order ?? 0) &&
        methodOf(body) === call.method &&
        paramsOf(body)[0] === payloadId &&
        resultText(end.answer.body) === result,
    );
  return {
    call,
    payloadId,
    own: ownCallOf.get(call),
    result,
    envelope: typeof envelope?.executionPayload?.blockHash === "string" ? envelope : undefined,
    isOwn,
  };
}

/** The bytes of a result, as text: both sides write `{"jsonrpc":"2.0","id":…,"result":…}`. */
export function resultText(body: Buffer): string | undefined {
  if (member(jsonOf(body), "result") === undefined) return undefined;
  const text = body.toString();
  const at = text.indexOf('"result":');
  return at === -1 || !text.endsWith("}") ? undefined : text.slice(at + '"result":'.length, -1);
}

function openedBy({ method, params, sequencer }: OpNodeCall, { end }: UpstreamCallRecord): readonly Opened[] {
  const attributes = params[1] as PayloadAttributes | null | undefined;
  if (method !== "engine_forkchoiceUpdatedV3" || attributes === null || attributes === undefined) return [];
  const result = resultOf(end?.answer);
  const payloadId = member(result, "payloadId");
  const isValid = member(member(result, "payloadStatus"), "status") === "VALID";
  const headHash = member(params[0], "headBlockHash");
  if (!isValid || typeof payloadId !== "string" || typeof headHash !== "string" || end === undefined) return [];
  return [{ sequencer, payloadId, headHash, attributes, order: end.order }];
}
