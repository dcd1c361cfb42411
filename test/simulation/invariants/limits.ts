import { type Journal, member, methodOf, resultOf, type Told, type UpstreamCallRecord } from "../journal.ts";
import { limitIn } from "../miner-calls.ts";
import { concernsBuilders, setsLimit } from "../told.ts";
import { first } from "./answers.ts";
import { isGetPayload, isOnLane } from "./builders.ts";
import { type Invariant, named, resultText, type Seen } from "./seen.ts";

/** A tell has come to its end after this. */
const TELL_MS = 2_000;

/** Calls at once to a builder beside its lane. */
const UNDER_WAY_MAX = { limits: 1, transactions: 4 };

/** A builder's connections are made one after the other: for its lane and payloads, for transactions, for limits. */
const CONNECTIONS = 3;

type Call = UpstreamCallRecord<unknown>;

/** What is promised about transactions and data availability limits. */
export const limitInvariants: readonly Invariant[] = [
  {
    clause: "design 4: everything else",
    rule: "no builder wins with a payload it was asked for while it owed the newest data availability limit",
    broken: (seen) => first(wins(seen), (won) => owing(won, seen)),
  },
  {
    clause: "design 4: everything else",
    rule: "transactions and limits leave at once for each builder that has room, whatever the others do",
    broken: (seen) => first(seen.journal.told, (told) => keptBack(told, seen)),
  },
  {
    clause: "design 4: everything has a bound",
    rule: "what a builder did not get is counted, and nothing is counted that was not for it",
    broken: (seen) => first(seen.journal.lost, (lost) => miscounted(lost, seen)),
  },
];

/** The getPayloads whose payload was handed out: by a proxy, or by a balancer. */
function wins({ fetched, allBuilderCalls, journal }: Seen): readonly Call[] {
  const handedOut = [
    ...fetched.flatMap(({ call, result, isOwn }) =>
      result === undefined || isOwn ? [] : [{ by: call.sequencer, result, order: call.reply?.order ?? 0 }],
    ),
    ...journal.served.filter(isGetPayload).flatMap(({ balancer, reply, replyOrder }) => {
      const result = resultText(reply);
      return result === undefined ? [] : [{ by: balancer, result, order: replyOrder }];
    }),
  ];
  return handedOut.flatMap(({ by, result, order }) => {
    const givers = allBuilderCalls.filter(
      ({ sequencer, body, end }) =>
        sequencer === by &&
        methodOf(body).startsWith("engine_getPayload") &&
        end?.answer.kind === "answered" &&
        end.order < order &&
        end.answer.body.includes(result),
    );
    // Two builders may give the same block: then it is not told whose it was.
    return givers.length === 1 ? givers : [];
  });
}

function owing(won: Call, { journal, allBuilderCalls }: Seen): string | undefined {
  const { sequencer: by, order, upstream, connection } = won;
  const began = beginnings(journal).findLast((start) => start.by === by && start.order < order)?.order ?? 0;
  const newest = journal.told.findLast(
    (told) => told.by === by && told.setsLimit && told.order < order && told.order > began,
  );
  if (newest === undefined) return undefined;
  const calls = allBuilderCalls.filter(
    (each) =>
      each.sequencer === by &&
      each.upstream === upstream &&
      each.connection >= connection &&
      each.connection < connection + CONNECTIONS,
  );
  const lastAway = calls.findLast((each) => isAway(each) && (each.end?.order ?? order) < order)?.end?.order ?? 0;
  const isTaken = calls.some(
    (each) =>
      limitIn(each.body) === limitIn(newest.body) &&
      each.end !== undefined &&
      each.end.order > lastAway &&
      each.end.order < order &&
      (isTakenBy(each) || (isRefusedBy(each) && lastAway < newest.order)),
  );
  const isOnItsWay =
    newest.mode !== "disabled" &&
    newest.builders.includes(upstream) &&
    lastAway < newest.order &&
    newest.atMs + TELL_MS >= won.atMs &&
    !calls.some((each) => each.body === newest.body && each.end !== undefined && each.end.order < order);
  return isTaken || isOnItsWay ? undefined : `${named(won)} won without ${String(limitIn(newest.body))}`;
}

const beginnings = ({
  restarts,
  balancerStarts,
}: Journal): readonly { readonly by: string; readonly order: number }[] =>
  [
    ...restarts.map(({ sequencer, order }) => ({ by: sequencer, order })),
    ...balancerStarts.map(({ balancer, order }) => ({ by: balancer, order })),
  ].toSorted((a, b) => a.order - b.order);

const isTakenBy = ({ end }: Call): boolean =>
  end?.answer.kind === "answered" && end.answer.status === 200 && resultOf(end.answer) !== false;

/** What a gateway answers for a builder that it does not reach. */
const NOT_REACHED = [502, 503, 504];

/** What one refuses that was not away is its own business. */
const isRefusedBy = ({ end }: Call): boolean =>
  end?.answer.kind === "answered" && !NOT_REACHED.includes(end.answer.status);

/** Whether a call shows that the builder was away: whatever it had been told may be lost. */
function isAway(call: Call): boolean {
  const kind = call.end?.answer.kind;
  if (isOnLane(call) || methodOf(call.body) === "eth_getBlockByNumber")
    return kind === "late" || kind === "unreachable";
  return isGetPayload(call) && kind === "unreachable";
}

function keptBack(told: Told, { allBuilderCalls }: Seen): string | undefined {
  const { by, body, mode, builders, isForOne, atMs } = told;
  if (mode === "disabled" || builders.length === 0) return undefined;
  const max = told.setsLimit ? UNDER_WAY_MAX.limits : UNDER_WAY_MAX.transactions;
  const hasLeft = (builder: string): boolean => {
    const calls = allBuilderCalls.filter(
      (each) =>
        each.sequencer === by &&
        each.upstream === builder &&
        concernsBuilders(each.body) &&
        setsLimit(each.body) === told.setsLimit,
    );
    if (calls.some((each) => each.body === body && each.atMs === atMs)) return true;
    return calls.filter((each) => each.atMs <= atMs && (each.end?.atMs ?? atMs) >= atMs).length >= max;
  };
  const isKept = isForOne ? !builders.some(hasLeft) : !builders.every(hasLeft);
  return isKept
    ? `${methodOf(body)} that came to ${by} at ${atMs} ms: ${builders.filter((each) => !hasLeft(each))}`
    : undefined;
}

function miscounted(
  { by, upstream, count }: Journal["lost"][number],
  { journal, allBuilderCalls }: Seen,
): string | undefined {
  const had = journal.told.filter((each) => each.by === by);
  const told = new Set(had.map(({ body }) => body));
  if (count > had.length) return `${by} counts ${count} lost to ${upstream}, and had ${had.length}`;
  const ofAll = journal.lost.filter((each) => each.by === by && each.upstream === upstream);
  const counted = ofAll.reduce((sum, each) => sum + each.count, 0);
  const lost = allBuilderCalls.filter(
    (each) => each.sequencer === by && each.upstream === upstream && told.has(each.body) && isLost(each),
  );
  return journal.shutOff.has(by) || counted >= lost.length
    ? undefined
    : `${by} counts ${counted} lost to ${upstream}, and ${lost.length} were`;
}

const isLost = ({ end }: Call): boolean => {
  if (end?.answer.kind === "answered") return end.answer.status !== 200;
  // What is under way when its connection is closed is not looked at any more.
  return member(end?.answer, "detail") !== "UND_ERR_DESTROYED";
};
