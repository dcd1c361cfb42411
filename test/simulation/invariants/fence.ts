import { idOf, member, methodOf, type OpNodeCall, paramsOf, resultOf, type UpstreamCallRecord } from "../journal.ts";
import { first } from "./answers.ts";
import { isForkchoice, isJob, isNewPayload } from "./builders.ts";
import { type Invariant, named, type Seen } from "./seen.ts";

/** An answer of op-conductor counts so long for FCUs without attributes; and an FCU waits less for one. */
const CONFIRMED_MS = 500;

/** How many of a job's ancestors a proxy brings at most. */
const ANCESTORS_MAX = 16;

/** What shared builders hear (design section 3, the leadership fence of section 4). */
export const fenceInvariants: readonly Invariant[] = [
  {
    clause: "F-1, C-14",
    rule: "shared: no job reaches a builder where the sequencer's own op-conductor has said that it does not lead",
    broken: (seen) => first(sharedCalls(seen).filter(isJob), (record) => jobOfFollower(record, seen)),
  },
  {
    clause: "F-2",
    rule: "shared: a head reaches a builder only when op-conductor has confirmed that the sequencer leads",
    broken: (seen) =>
      first(
        sharedCalls(seen).filter((record) => isForkchoice(record) && !isJob(record)),
        (record) => headOfFollower(record, seen),
      ),
  },
  {
    clause: "F-2",
    rule: "shared: only blocks this proxy handed out, or a job needs, are inserted",
    broken: (seen) => first(sharedCalls(seen).filter(isNewPayload), (record) => foreignBlock(record, seen)),
  },
];

const sharedCalls = ({ builderCalls, journal }: Seen): readonly UpstreamCallRecord[] =>
  builderCalls.filter(
    ({ config, sequencer }) =>
      config.driving === "shared" &&
      // What was asked for while the builders were exclusive may still wait on a lane.
      !journal.confirmed.some((each) => each.sequencer === sequencer && each.config.driving === "exclusive"),
  );

const answersOf = (sequencer: string, { journal }: Seen): readonly UpstreamCallRecord[] =>
  journal.upstreamCalls.filter(
    (record) => record.sequencer === sequencer && methodOf(record.body) === "conductor_leader",
  );

function jobOfFollower(record: UpstreamCallRecord, seen: Seen): string | undefined {
  const asked = seen.journal.opNodeCalls.find(({ id }) => id === idOf(record.body));
  if (asked === undefined) return `${named(record)}: op-node never asked for it`;
  const answers = answersOf(record.sequencer, seen)
    .filter(({ end }) => end !== undefined && end.order > asked.order)
    .toSorted((a, b) => (a.end?.order ?? 0) - (b.end?.order ?? 0));
  const [answer] = answers;
  if (answer?.end === undefined || answer.end.order > record.order)
    return `${named(record)}: op-conductor was not asked`;
  return resultOf(answer.end.answer) === false ? `${named(record)}: op-conductor said no` : undefined;
}

function headOfFollower(record: UpstreamCallRecord, seen: Seen): string | undefined {
  const head = member(paramsOf(record.body)[0], "headBlockHash");
  const yes = answersOf(record.sequencer, seen).filter(({ end }) => resultOf(end?.answer) === true);
  const isConfirmed = seen.journal.opNodeCalls.some(
    ({ sequencer, method, params, atMs, order }) =>
      sequencer === record.sequencer &&
      order < record.order &&
      method.startsWith("engine_forkchoiceUpdated") &&
      member(params[0], "headBlockHash") === head &&
      yes.some(({ end }) => {
        const endMs = end?.atMs ?? 0;
        return (end?.order ?? 0) < record.order && endMs >= atMs - CONFIRMED_MS && endMs <= atMs + CONFIRMED_MS;
      }),
  );
  return isConfirmed ? undefined : `${named(record)}: not confirmed`;
}

function foreignBlock(record: UpstreamCallRecord, seen: Seen): string | undefined {
  const hash = member(paramsOf(record.body)[0], "blockHash");
  const { sequencer, order } = record;
  const isHandedOut = seen.journal.opNodeCalls.some(
    (call) =>
      call.sequencer === sequencer &&
      call.method.startsWith("engine_getPayload") &&
      call.reply?.body.includes(String(hash)) === true,
  );
  if (isHandedOut) return undefined;
  const isNeeded = seen.journal.opNodeCalls.some(
    (call) => call.sequencer === sequencer && call.order < order && asksForBlock(call) && hasAncestor(call, hash, seen),
  );
  return isNeeded ? undefined : `${named(record)}: ${String(hash).slice(0, 12)}`;
}

const asksForBlock = ({ method, params }: OpNodeCall): boolean =>
  method.startsWith("engine_forkchoiceUpdated") &&
  params[1] !== null &&
  params[1] !== undefined &&
  member(params[1], "noTxPool") !== true;

function hasAncestor({ params, sequencer }: OpNodeCall, hash: unknown, { blockOf }: Seen): boolean {
  let at = member(params[0], "headBlockHash");
  for (let left = ANCESTORS_MAX; left > 0 && typeof at === "string"; left -= 1) {
    if (at === hash) return true;
    at = blockOf(sequencer, at)?.payload.parentHash;
  }
  return false;
}
