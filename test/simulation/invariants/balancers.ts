import type { BalancerStart, Served, UpstreamCallRecord } from "../journal.ts";
import { idOf, member, methodOf, paramsOf, resultIn, resultOf } from "../journal.ts";
import { first } from "./answers.ts";
import { isGetPayload, isJob } from "./builders.ts";
import { type Invariant, named, resultText, type Seen } from "./seen.ts";

/** A balancer answers an FCU within this, or the next one gets the job too. */
const ANSWER_MS = 150;

/**
 * What is promised where balancers stand before the builders. With two of them, one that a sequencer finds silent and the
 * other does not, each may have a job of the same slot: this is known, and no rule here says otherwise.
 */
export const balancerInvariants: readonly Invariant[] = [
  {
    clause: "design 4: the balancer",
    rule: "never two live jobs of a slot through one balancer, but its holder's new one and a confirmed leader's",
    broken: (seen) => secondJob(seen),
  },
  {
    clause: "design 4: the balancer",
    rule: "a confirmed leader gets the builders, unless another confirmed one has them for this slot",
    broken: ({ journal }) => first(journal.served.filter(isServedJob), (served) => leaderRefused(served, journal)),
  },
  {
    clause: "design 4: the balancer",
    rule: "a job goes to no second balancer where the first has answered in time",
    broken: (seen) => first(seen.builderCalls.filter(isBalancersJob), (record) => secondBalancer(record, seen)),
  },
  {
    clause: "E-16",
    rule: "whoever shares a balancer's job gets the same bytes",
    broken: ({ journal }) => first(journal.served.filter(isGetPayload), (served) => otherBytes(served, journal)),
  },
  {
    clause: "design 4: bytes are forwarded",
    rule: "a balancer gives a builder's payload as the builder wrote it, and none while it is shut off",
    broken: (seen) => first(seen.journal.served.filter(isGetPayload), (served) => notABuilders(served, seen)),
  },
];

type Journal = Seen["journal"];

const isServedJob = (served: Served): boolean => isJob(served) && member(paramsOf(served.body)[1], "noTxPool") !== true;

const isBalancersJob = (record: UpstreamCallRecord): boolean => record.caller !== undefined && isJob(record);

/** What a block is built on and for when. */
const slotOf = (body: Buffer): string => {
  const [state, attributes] = paramsOf(body);
  return `${String(member(state, "headBlockHash"))}/${String(member(attributes, "timestamp"))}`;
};

const attributesIn = (body: Buffer): string => body.toString("latin1", body.indexOf('"params"'));

function secondJob({ journal, sequencerOf, blockTimeMs }: Seen): string | undefined {
  const jobs = journal.behindCalls.filter(isJob);
  const slots = Map.groupBy(jobs, ({ sequencer, upstream, body }) => `${sequencer} ${upstream} ${slotOf(body)}`);
  return first([...slots.values()], (calls) =>
    first(calls, (record) => {
      const before = calls[calls.indexOf(record) - 1];
      if (before === undefined || attributesIn(before.body) === attributesIn(record.body)) return undefined;
      if (sequencerOf(before.body) === sequencerOf(record.body)) return undefined;
      const start = startBefore(record, journal);
      const isRestarted = start?.order !== startBefore(before, journal)?.order;
      // A slot further ahead than a block time, as after the clock was set, is taken as one that nobody had asked for.
      const slotMs = Number(member(paramsOf(record.body)[1], "timestamp")) * 1_000;
      if (isRestarted && slotMs >= (start?.startedAtMs ?? 0) + blockTimeMs) return undefined;
      const isConfirmed = isOfLeader(record, journal) && (isRestarted || !isOfLeader(before, journal));
      return isConfirmed ? undefined : `${named(record)} beside the job of ${named(before)}`;
    }),
  );
}

const startBefore = (
  { sequencer, order }: Pick<UpstreamCallRecord, "sequencer" | "order">,
  { balancerStarts }: Journal,
): BalancerStart | undefined => balancerStarts.findLast((start) => start.balancer === sequencer && start.order < order);

/** Whether the balancer had been told, with any request of this job, that a leader asks. */
const isOfLeader = ({ sequencer, order, body }: UpstreamCallRecord<unknown>, { served }: Journal): boolean =>
  served.some(
    (each) =>
      each.balancer === sequencer &&
      each.order < order &&
      isServedJob(each) &&
      idOf(each.body) === idOf(body) &&
      each.caller.leadership === "leader",
  );

function leaderRefused({ balancer, body, caller, mode, order, reply }: Served, journal: Journal): string | undefined {
  if (caller.leadership !== "leader" || mode === "disabled") return undefined;
  if (typeof member(resultIn(reply), "payloadId") === "string") return undefined;
  const start = startBefore({ sequencer: balancer, order }, journal)?.order ?? 0;
  const other = journal.served.find(
    (each) =>
      each.balancer === balancer &&
      each.order > start &&
      each.order < order &&
      isServedJob(each) &&
      slotOf(each.body) === slotOf(body) &&
      each.caller.leadership === "leader" &&
      each.caller.id !== caller.id,
  );
  return other === undefined ? `${balancer} gave ${caller.id} no job for the FCU of id ${idOf(body)}` : undefined;
}

function secondBalancer(record: UpstreamCallRecord, { builderCalls, journal }: Seen): string | undefined {
  const asked = journal.opNodeCalls.find(({ id }) => id === idOf(record.body));
  const taken = builderCalls.find(
    (other) =>
      other.upstream !== record.upstream &&
      other.body === record.body &&
      other.end !== undefined &&
      other.end.order < record.order &&
      other.end.atMs < (asked?.atMs ?? 0) + ANSWER_MS &&
      member(member(resultOf(other.end.answer), "payloadStatus"), "status") === "VALID",
  );
  return taken && `${named(record)} after the answer to ${named(taken)}`;
}

function otherBytes({ balancer, body, order, reply }: Served, journal: Journal): string | undefined {
  const result = resultText(reply);
  const start = startBefore({ sequencer: balancer, order }, journal)?.order ?? 0;
  const [payloadId] = paramsOf(body);
  const before = journal.served.findLast(
    (each) =>
      each.balancer === balancer &&
      each.order > start &&
      each.order < order &&
      isGetPayload(each) &&
      paramsOf(each.body)[0] === payloadId &&
      resultText(each.reply) !== undefined,
  );
  if (before === undefined || result === undefined) return undefined;
  const isOpenedAgain = journal.served.some(
    (each) => each.balancer === balancer && each.order > before.order && each.order < order && isServedJob(each),
  );
  return isOpenedAgain || resultText(before.reply) === result
    ? undefined
    : `${balancer} gave ${String(payloadId)} twice, the second time at call ${order}`;
}

function notABuilders({ balancer, body, mode, reply, replyOrder }: Served, { journal }: Seen): string | undefined {
  const result = resultText(reply);
  if (result === undefined) return undefined;
  const told = `${balancer} gave ${String(paramsOf(body)[0])} (${methodOf(body)})`;
  if (mode === "disabled") return `${told} while it was shut off`;
  const isBuilders = journal.behindCalls.some(
    ({ sequencer, end }) =>
      sequencer === balancer &&
      end?.answer.kind === "answered" &&
      end.order < replyOrder &&
      end.answer.body.includes(result),
  );
  return isBuilders ? undefined : `${told}, and no builder wrote it`;
}
