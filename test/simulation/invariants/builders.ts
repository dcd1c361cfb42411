import { idOf, member, methodOf, paramsOf, resultOf, type UpstreamCallRecord } from "../journal.ts";
import { first } from "./answers.ts";
import { type Invariant, named, type Seen } from "./seen.ts";

/** Above every id of our own calls. */
const OP_NODE_IDS_FROM = 1_000;

/** What is promised about what a builder hears. */
export const builderInvariants: readonly Invariant[] = [
  {
    clause: "design 4: execution mode",
    rule: "disabled: nothing reaches a builder",
    broken: (seen) =>
      first(seen.builderCalls, (record) => (isHeardThoughShut(record, seen) ? named(record) : undefined)) ??
      first(seen.journal.behindCalls, (record) => (record.mode === "disabled" ? named(record) : undefined)),
  },
  {
    clause: "E-13, F-14",
    rule: "a derived block's attributes reach no builder",
    broken: ({ allBuilderCalls }) =>
      first(allBuilderCalls, (record) =>
        member(paramsOf(record.body)[1], "noTxPool") === true ? named(record) : undefined,
      ),
  },
  {
    clause: "E-18, F-1",
    rule: "exclusive: a builder hears of one proxy at a time, and of none that has confirmed that it let go",
    broken: (seen) => secondDriver(seen),
  },
  {
    clause: "E-18",
    rule: "a builder hears one FCU or newPayload at a time, FCUs in op-node's order",
    broken: (seen) => outOfOrder(seen),
  },
  {
    clause: "E-18",
    rule: "a builder has a job's parent before the job",
    broken: (seen) => first(seen.builderCalls.filter(isJob), (record) => withoutParent(record, seen)),
  },
  {
    clause: "E-17",
    rule: "a builder is asked for its own payload ids only",
    broken: (seen) => first(seen.allBuilderCalls, (record) => foreignId(record, seen)),
  },
];

type Call = Pick<UpstreamCallRecord, "body">;

export const isGetPayload = ({ body }: Call): boolean => methodOf(body).startsWith("engine_getPayload");
export const isForkchoice = ({ body }: Call): boolean => methodOf(body).startsWith("engine_forkchoiceUpdated");
export const isNewPayload = ({ body }: Call): boolean => methodOf(body).startsWith("engine_newPayload");
export const isOnLane = (record: Call): boolean => isForkchoice(record) || isNewPayload(record);
export const isJob = (record: Call): boolean => {
  const attributes = isForkchoice(record) ? paramsOf(record.body)[1] : undefined;
  return attributes !== undefined && attributes !== null;
};

/** A getPayload that began before the shut-off may end: it takes effect on the next one. */
function isHeardThoughShut(record: UpstreamCallRecord, { fetched }: Seen): boolean {
  if (record.mode !== "disabled") return false;
  return !(
    isGetPayload(record) &&
    fetched.some(
      ({ call, own }) =>
        call.sequencer === record.sequencer &&
        own !== undefined &&
        own.mode !== "disabled" &&
        own.order < record.order &&
        record.atMs <= own.atMs + own.config.timing.builderDeadlineMs,
    )
  );
}

function secondDriver({ builderCalls, journal }: Seen): string | undefined {
  const byBuilder = Map.groupBy(builderCalls, ({ upstream }) => upstream);
  for (const calls of byBuilder.values()) {
    let last: UpstreamCallRecord | undefined;
    for (const record of calls) {
      if (!record.config.builders.some(({ name }) => name === record.upstream)) return `${named(record)}: not wired`;
      const endOrder = last?.end?.order ?? Number.POSITIVE_INFINITY;
      const isShared = record.config.driving === "shared";
      if (!isShared && last !== undefined && last.sequencer !== record.sequencer && endOrder > record.order) {
        return `${named(record)} while ${named(last)} was not answered`;
      }
      if (last === undefined || endOrder >= (record.end?.order ?? 0) || last.sequencer === record.sequencer)
        last = record;
    }
  }
  return first(journal.confirmed, ({ sequencer, order, config }) => {
    const left = builderCalls.find(
      (record) =>
        record.sequencer === sequencer &&
        record.order < order &&
        (record.end?.order ?? Number.POSITIVE_INFINITY) > order &&
        !config.builders.some(({ name }) => name === record.upstream),
    );
    return left && `${named(left)}: under way when revision ${config.revision} without it was confirmed`;
  });
}

/** A balancer's lane has the FCUs of several op-nodes: of each in its order. */
function outOfOrder({ allBuilderCalls, sequencerOf }: Seen): string | undefined {
  const lanes = Map.groupBy(allBuilderCalls.filter(isOnLane), ({ sequencer, upstream }) => `${sequencer} ${upstream}`);
  for (const calls of lanes.values()) {
    let before: UpstreamCallRecord<unknown> | undefined;
    const forkchoiceIds = new Map<string | undefined, number>();
    for (const record of calls) {
      if (before !== undefined && (before.end?.order ?? Number.POSITIVE_INFINITY) > record.order) {
        return `${named(record)} before the answer to ${named(before)}`;
      }
      before = record;
      const id = idOf(record.body) ?? 0;
      if (!isForkchoice(record) || id < OP_NODE_IDS_FROM) continue;
      const asker = sequencerOf(record.body);
      const forkchoiceId = forkchoiceIds.get(asker) ?? 0;
      // A balancer gets a call twice where the connection died under the first, and so do the builders.
      const isAgain = id === forkchoiceId && record.sequencer !== asker;
      if (id <= forkchoiceId && !isAgain) return `${named(record)} after the FCU of id ${forkchoiceId}`;
      forkchoiceIds.set(asker, id);
    }
  }
  return undefined;
}

/** Blocks a proxy surely still keeps for builders that lack them: it keeps 16. */
const KEPT_SURELY = 10;

/** Where the proxy has seen the parent's newPayload not long ago, and the builder has not said that it knows it. */
function withoutParent(job: UpstreamCallRecord, { ownCallOf, builderCalls, journal }: Seen): string | undefined {
  const head = member(paramsOf(job.body)[0], "headBlockHash");
  const isToldBefore = builderCalls.some(
    (record) => record.upstream === job.upstream && record.order < job.order && isAbout(record, head),
  );
  if (isToldBefore) return undefined;
  const { sequencer } = job;
  const restart = journal.restarts.findLast((each) => each.sequencer === sequencer && each.order < job.order);
  const seen = [...ownCallOf].filter(
    ([call, own]) =>
      call.sequencer === sequencer &&
      /^engine_(new|get)Payload/.test(call.method) &&
      call.order > (restart?.order ?? 0) &&
      (own.end?.order ?? Number.POSITIVE_INFINITY) < job.order,
  );
  const isKept = seen
    .slice(-KEPT_SURELY)
    .some(
      ([{ params }, { end }]) =>
        member(params[0], "blockHash") === head && member(resultOf(end?.answer), "status") === "VALID",
    );
  return isKept ? `${named(job)}: its parent ${String(head).slice(0, 12)} never came` : undefined;
}

/** Whether a call brought that block to the builder, or the builder named it as one it has. */
function isAbout({ body, end }: UpstreamCallRecord, blockHash: unknown): boolean {
  const [first] = paramsOf(body);
  if (methodOf(body).startsWith("engine_newPayload")) return member(first, "blockHash") === blockHash;
  const result = resultOf(end?.answer);
  if (member(result, "hash") === blockHash) return true;
  return member(first, "headBlockHash") === blockHash && member(member(result, "payloadStatus"), "status") === "VALID";
}

function foreignId(record: UpstreamCallRecord<unknown>, { allBuilderCalls }: Seen): string | undefined {
  if (!isGetPayload(record)) return undefined;
  const [payloadId] = paramsOf(record.body);
  const isOwn = allBuilderCalls.some(
    (other) =>
      other.upstream === record.upstream &&
      other.order < record.order &&
      member(resultOf(other.end?.answer), "payloadId") === payloadId,
  );
  return isOwn ? undefined : `${named(record)} for ${String(payloadId)}`;
}
