import { first } from "./answers.ts";
import { told } from "./handed-out.ts";
import type { Fetched, Invariant, Seen } from "./seen.ts";

/** What is promised about builders' blocks being used, and about what is written down. */
export const usefulnessInvariants: readonly Invariant[] = [
  {
    clause: "goal 3",
    rule: "where nothing goes wrong every block is a builder's",
    broken: ({ weather, fetched }) =>
      weather === "calm"
        ? first(fetched, (each) => (each.envelope === undefined || each.isOwn ? told(each) : undefined))
        : undefined,
  },
  {
    clause: "goal 3, the balancer",
    rule: "a balancer's fault costs the block it happens in, and no other",
    broken: (seen) =>
      seen.weather === "balancers"
        ? first(seen.fetched, (each) =>
            each.envelope === undefined || (each.isOwn && !isTroubled(each, seen)) ? told(each) : undefined,
          )
        : undefined,
  },
  {
    clause: "design 4: ledger",
    rule: "the ledger names the source of every block handed out",
    broken: (seen) => first(seen.fetched, (fetched) => notInLedger(fetched, seen)),
  },
];

/**
 * Whether a balancer failed while the block was made; of one that is slow, or alone, whether it still does, or did until two
 * blocks before, as it is not waited for until it has answered again.
 */
function isTroubled({ call, payloadId }: Fetched, { balancers, blockTimeMs, journal, opened }: Seen): boolean {
  const job = opened.find((each) => each.payloadId === payloadId && each.sequencer === call.sequencer);
  const asked = journal.opNodeCalls.findLast(({ order }) => order < (job?.order ?? 0));
  const fromMs = asked?.atMs ?? call.atMs;
  const untilMs = call.reply?.atMs ?? call.atMs;
  return journal.troubles.some((trouble) =>
    trouble.isSlow || balancers.length === 1
      ? trouble.fromMs <= untilMs && trouble.untilMs + 2 * blockTimeMs >= fromMs
      : trouble.fromMs >= fromMs && trouble.fromMs <= untilMs,
  );
}

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
