import { member, methodOf, resultOf } from "../journal.ts";
import { first } from "./answers.ts";
import { told } from "./handed-out.ts";
import type { Fetched, Invariant, Seen } from "./seen.ts";

/** Jobs a proxy keeps: what is older may be forgotten. */
const JOBS_KEPT = 64;

/** What is promised about a getPayload that is repeated (E-16). */
export const sameBytesInvariants: readonly Invariant[] = [
  {
    clause: "E-16, F-3",
    rule: "the same id gets the same bytes, but after a rejection or the same attributes again: then the execution client's",
    broken: (seen) => first(seen.fetched, (fetched) => otherBytes(fetched, seen)),
  },
  {
    clause: "E-16, rollup-boost#306",
    rule: "a builder's block that the execution client called not VALID is never handed out again",
    broken: (seen) => first(seen.fetched, (fetched) => rejectedAgain(fetched, seen)),
  },
];

function otherBytes(fetched: Fetched, seen: Seen): string | undefined {
  const before = previous(fetched, seen);
  if (before === undefined || fetched.envelope === undefined || before.envelope === undefined) return undefined;
  if (!isOpen(before, seen)) return undefined;
  const since = before.call.reply?.order ?? 0;
  const until = fetched.call.reply?.order ?? 0;
  const reopened = seen.opened.filter(
    ({ sequencer, order }) => sequencer === fetched.call.sequencer && order > since && order < until,
  );
  const isAskedAnew = reopened.some(({ payloadId }) => payloadId === fetched.payloadId);
  const isRejected = rejections(before.envelope.executionPayload.blockHash, fetched, seen).some(
    (order) => order > since,
  );
  if (isAskedAnew || (isRejected && !before.isOwn)) {
    return fetched.isOwn ? undefined : `${told(fetched)}: a builder's again, after ${told(before)}`;
  }
  return reopened.length >= JOBS_KEPT || before.result === fetched.result
    ? undefined
    : `${told(fetched)}: before that ${told(before)}`;
}

function rejectedAgain(fetched: Fetched, seen: Seen): string | undefined {
  const { envelope, isOwn, call, payloadId } = fetched;
  if (envelope === undefined || isOwn) return undefined;
  const { blockHash } = envelope.executionPayload;
  const handedOut = seen.fetched.filter(
    (other) =>
      other.payloadId === payloadId &&
      other.call.sequencer === call.sequencer &&
      other.envelope?.executionPayload.blockHash === blockHash,
  );
  // SYNCING before it was handed out, as a block of another sequencer, says nothing: VALID came after it.
  const since = Math.min(...handedOut.map(({ call: { reply } }) => reply?.order ?? Number.POSITIVE_INFINITY));
  return rejections(blockHash, fetched, seen).some((order) => order > since && order < call.order)
    ? told(fetched)
    : undefined;
}

/** The answer before this one to the same id, by the same process. */
function previous({ call, payloadId }: Fetched, seen: Seen): Fetched | undefined {
  const restart = seen.journal.restarts.findLast(
    ({ sequencer, order }) => sequencer === call.sequencer && order < call.order,
  );
  const answered = seen.fetched.filter(
    (other) =>
      other.call !== call &&
      other.payloadId === payloadId &&
      other.call.sequencer === call.sequencer &&
      other.call.order > (restart?.order ?? 0) &&
      other.envelope !== undefined &&
      (other.call.reply?.order ?? Number.POSITIVE_INFINITY) < (call.reply?.order ?? 0),
  );
  return answered.toSorted((a, b) => (a.call.reply?.order ?? 0) - (b.call.reply?.order ?? 0)).at(-1);
}

/** Whether the process knew the job when it answered: bytes for an unknown id are the execution client's and not kept. */
function isOpen({ call, payloadId }: Fetched, { opened, journal }: Seen): boolean {
  const restart = journal.restarts.findLast(
    ({ sequencer, order }) => sequencer === call.sequencer && order < call.order,
  );
  return opened.some(
    (job) =>
      job.payloadId === payloadId &&
      job.sequencer === call.sequencer &&
      job.order > (restart?.order ?? 0) &&
      job.order < (call.reply?.order ?? 0),
  );
}

/** When the execution client called a block not VALID to op-node, up to a getPayload's answer. */
function rejections(blockHash: string, { call }: Fetched, { ownCallOf }: Seen): readonly number[] {
  return [...ownCallOf].flatMap(([{ method, params, sequencer }, { end, body }]) => {
    const isIt =
      sequencer === call.sequencer &&
      method.startsWith("engine_newPayload") &&
      methodOf(body) === method &&
      member(params[0], "blockHash") === blockHash;
    const status = isIt ? member(resultOf(end?.answer), "status") : undefined;
    return typeof status === "string" && status !== "VALID" && end !== undefined && end.order < (call.reply?.order ?? 0)
      ? [end.order]
      : [];
  });
}
