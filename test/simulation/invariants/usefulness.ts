import { first } from "./answers.ts";
import { told } from "./handed-out.ts";
import type { Fetched, Invariant, Seen } from "./seen.ts";

/** What is promised about builders' blocks being used, and about what is written down. */
export const usefulnessInvariants: readonly Invariant[] = [
  {
    clause: "goal 3",
    rule: "where nothing goes wrong every block is a builder's",
    broken: ({ isCalm, fetched }) =>
      isCalm
        ? first(fetched, (each) => (each.envelope === undefined || each.isOwn ? told(each) : undefined))
        : undefined,
  },
  {
    clause: "design 4: ledger",
    rule: "the ledger names the source of every block handed out",
    broken: (seen) => first(seen.fetched, (fetched) => notInLedger(fetched, seen)),
  },
];

function notInLedger(fetched: Fetched, { journal }: Seen): string | undefined {
  const { envelope, own, call, payloadId, isOwn } = fetched;
  if (envelope === undefined || own === undefined) return undefined;
  const decision = journal.decisions.findLast(
    (each) =>
      each.sequencer === call.sequencer &&
      each.payloadId === payloadId &&
      each.blockHash === envelope.executionPayload.blockHash,
  );
  if (decision === undefined) return `${told(fetched)}: no decision`;
  return !isOwn && decision.source !== "builder" ? `${told(fetched)}: ${decision.source}` : undefined;
}
