import { jsonOf, member, NO_ID, type OpNodeCall, resultOf } from "../journal.ts";
import { type Fetched, type Invariant, named, type Seen } from "./seen.ts";

/** What op-node is promised about every call. */
export const answerInvariants: readonly Invariant[] = [
  {
    clause: "goal 1, E-5",
    rule: "every call of op-node is answered",
    broken: ({ journal }) => journal.opNodeCalls.filter(({ reply }) => reply === undefined).map(text)[0],
  },
  {
    clause: "E-3, E-19",
    rule: "what is no getPayload gets the execution client's bytes, verbatim, at the execution client's own speed",
    broken: (seen) => first(seen.journal.opNodeCalls.filter(isNoGetPayload), (call) => notVerbatim(call, seen)),
  },
  {
    clause: "E-5, F-7",
    rule: "getPayload is answered by the decision deadline, or when the execution client has answered it",
    broken: (seen) => first(seen.fetched, (fetched) => tooLate(fetched, seen)),
  },
  {
    clause: "goal 1, V-17",
    rule: "where the execution client gives a payload, op-node gets one",
    broken: ({ fetched }) =>
      first(fetched, ({ own, envelope, call }) =>
        member(resultOf(own?.end?.answer), "executionPayload") !== undefined && envelope === undefined
          ? text(call)
          : undefined,
      ),
  },
  {
    clause: "E-19",
    rule: "an error of getPayload is the execution client's own",
    broken: ({ fetched }) => first(fetched, foreignError),
  },
];

const text = ({ method, id, sequencer, atMs }: OpNodeCall): string =>
  `${method} (id ${id}) of ${sequencer} at ${atMs} ms`;

const isNoGetPayload = ({ method }: OpNodeCall): boolean => !method.startsWith("engine_getPayload");

/** The first thing that is said about any of these. */
export function first<T>(items: readonly T[], say: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const said = say(item);
    if (said !== undefined) return said;
  }
  return undefined;
}

function notVerbatim(call: OpNodeCall, { ownCallOf }: Seen): string | undefined {
  const own = ownCallOf.get(call);
  if (own?.end === undefined || call.reply === undefined) return `${text(call)}: the execution client was not asked`;
  if (call.reply.atMs !== own.end.atMs) return `${text(call)}: answered ${call.reply.atMs - own.end.atMs} ms late`;
  if (own.order < call.order || own.atMs !== call.atMs) return `${text(call)}: the execution client was asked late`;
  const { answer } = own.end;
  if (answer.kind === "answered" && answer.status === 200) {
    return answer.body.equals(call.reply.body) ? undefined : `${text(call)}: other bytes than the execution client's`;
  }
  return isOurError(call) ? undefined : `${text(call)}: no JSON-RPC error for op-node`;
}

/** A JSON-RPC error with op-node's id, where the execution client gave no answer that op-node could read. */
function isOurError({ reply, id }: OpNodeCall): boolean {
  const answer = reply === undefined ? undefined : jsonOf(reply.body);
  return member(member(answer, "error"), "code") === -32603 && (id === NO_ID || member(answer, "id") === id);
}

function tooLate({ call, own, payloadId }: Fetched, { fetched }: Seen): string | undefined {
  if (call.reply === undefined) return undefined;
  const before = fetched.filter(
    (other) =>
      other.call !== call &&
      other.payloadId === payloadId &&
      other.call.sequencer === call.sequencer &&
      other.call.order < call.order &&
      (other.call.reply?.order ?? Number.POSITIVE_INFINITY) > call.order,
  );
  const decisionMs = (one: Fetched): number => (one.own ?? one.call).config.timing.decisionDeadlineMs;
  const waitMs = before.reduce((sum, other) => sum + decisionMs(other), 0);
  const askedMs = own?.atMs ?? call.reply.atMs;
  if (askedMs > call.atMs + waitMs) return `${text(call)}: asked after ${askedMs - call.atMs} ms`;
  const untilMs = Math.max(askedMs + (own?.config ?? call.config).timing.decisionDeadlineMs, own?.end?.atMs ?? 0);
  return call.reply.atMs <= untilMs ? undefined : `${text(call)}: answered ${call.reply.atMs - untilMs} ms late`;
}

function foreignError({ call, own, result }: Fetched): string | undefined {
  if (result !== undefined || call.reply === undefined) return undefined;
  if (own?.end === undefined) return `${text(call)}: an error without asking the execution client`;
  const { answer } = own.end;
  const isVerbatim = answer.kind === "answered" && answer.status === 200 && answer.body.equals(call.reply.body);
  return isVerbatim || (!(answer.kind === "answered" && answer.status === 200) && isOurError(call))
    ? undefined
    : `${text(call)}: not the error of ${named(own)}`;
}
