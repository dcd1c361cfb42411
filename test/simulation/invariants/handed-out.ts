import { idOf, member, methodOf, paramsOf, resultOf } from "../journal.ts";
import { first } from "./answers.ts";
import { wrongClause } from "./asked-block.ts";
import type { Fetched, Invariant, Opened, Seen } from "./seen.ts";

/** What is promised about a block that is handed out. */
export const handedOutInvariants: readonly Invariant[] = [
  {
    clause: "V-1 to V-15",
    rule: "what is handed out is the execution client's, or the block that was asked for",
    broken: (seen) => first(byBuilders(seen), (fetched) => notAsked(fetched, seen)),
  },
  {
    clause: "3.2, V-17",
    rule: "a builder's block is handed out only when the execution client called these very bytes VALID",
    broken: (seen) => first(byBuilders(seen), (fetched) => (isCalledValid(fetched, seen) ? undefined : told(fetched))),
  },
  {
    clause: "V-17",
    rule: "a builder's block that was called VALID is handed out, also where the execution client has none",
    broken: (seen) => first(seen.fetched, (fetched) => validButKept(fetched, seen)),
  },
  {
    clause: "design 4: bytes are forwarded",
    rule: "a builder's payload reaches op-node as the builder wrote it",
    broken: (seen) =>
      first(byBuilders(seen), (fetched) => (isBuildersOwnBytes(fetched, seen) ? undefined : told(fetched))),
  },
  {
    clause: "V-14",
    rule: "no builder's block is handed out for two payload ids",
    broken: (seen) => first(byBuilders(seen), (fetched) => repeatedBlock(fetched, seen)),
  },
  {
    clause: "V-16",
    rule: "no nearly empty block is handed out",
    broken: (seen) => first(byBuilders(seen), nearlyEmpty),
  },
  {
    clause: "design 4: execution mode",
    rule: "no builder's block is handed out while the mode is dry_run or disabled, but for a repeat",
    broken: (seen) =>
      first(byBuilders(seen), (fetched) =>
        fetched.own !== undefined && fetched.own.mode !== "enabled"
          ? `${told(fetched)} in mode ${fetched.own.mode}`
          : undefined,
      ),
  },
];

/** Blocks that the execution client never gave for this id. */
const byBuilders = ({ fetched }: Seen): readonly Fetched[] =>
  fetched.filter(({ envelope, isOwn }) => envelope !== undefined && !isOwn);

/** How a block is named in what an invariant says. */
export const told = ({ call, payloadId, envelope }: Fetched): string =>
  `${envelope?.executionPayload.blockHash.slice(0, 12)} for ${payloadId} to ${call.sequencer}, asked at ${call.atMs} ms`;

/** The job of a getPayload: the newest FCU with its id. */
const jobOf = ({ call, payloadId }: Fetched, { opened }: Seen): Opened | undefined =>
  opened.findLast(
    (job) => job.payloadId === payloadId && job.sequencer === call.sequencer && job.order < (call.reply?.order ?? 0),
  );

function notAsked(fetched: Fetched, seen: Seen): string | undefined {
  const job = jobOf(fetched, seen);
  if (job === undefined || fetched.envelope === undefined) return `${told(fetched)}: no such job`;
  if (job.attributes.noTxPool === true) return `${told(fetched)}: E-13, a derived block`;
  const { sequencer, config } = fetched.own ?? fetched.call;
  const failed = wrongClause(fetched.envelope, fetched.result ?? "", {
    parentHash: job.headHash,
    parent: seen.blockOf(sequencer, job.headHash)?.payload,
    attributes: job.attributes,
    rules: seen.rules,
    isOwnKnown: ownGasBefore(fetched) !== undefined,
    payloadBytesMax: fetched.own === undefined ? Number.POSITIVE_INFINITY : config.selection.payloadBytesMax,
  });
  return failed === undefined ? undefined : `${told(fetched)}: ${failed}`;
}

function isCalledValid({ call, envelope, result }: Fetched, { journal }: Seen): boolean {
  return journal.upstreamCalls.some(({ isBuilder, sequencer, body, end }) => {
    if (isBuilder || sequencer !== call.sequencer || end === undefined || end.order > (call.reply?.order ?? 0))
      return false;
    if (!methodOf(body).startsWith("engine_newPayload")) return false;
    if (member(paramsOf(body)[0], "blockHash") !== envelope?.executionPayload.blockHash) return false;
    const text = body.toString();
    const payload = text.slice(text.indexOf('"params":[') + '"params":['.length, text.lastIndexOf(',[],"0x'));
    return (
      result?.includes(payload) === true &&
      paramsOf(body)[2] === envelope?.parentBeaconBlockRoot &&
      member(resultOf(end.answer), "status") === "VALID"
    );
  });
}

/** Looks only at a job's first getPayload: what was found for one before may have been a dry run's. */
function validButKept(fetched: Fetched, seen: Seen): string | undefined {
  const { call, own, payloadId, envelope } = fetched;
  const job = jobOf(fetched, seen);
  const isFirst = seen.fetched.find((other) => other.payloadId === payloadId) === fetched;
  if (own === undefined || own.mode !== "enabled" || job === undefined || !isFirst) return undefined;
  const valid = seen.journal.upstreamCalls.find(({ isBuilder, sequencer, order, body, end }) => {
    if (isBuilder || sequencer !== call.sequencer || order < own.order || end === undefined) return false;
    if (end.order > (call.reply?.order ?? 0) || idOf(body) !== 1) return false;
    const payload = paramsOf(body)[0];
    const isForJob =
      member(payload, "parentHash") === job.headHash && member(payload, "timestamp") === job.attributes.timestamp;
    return isForJob && member(resultOf(end.answer), "status") === "VALID";
  });
  const validHash = valid && member(paramsOf(valid.body)[0], "blockHash");
  return validHash === undefined || validHash === envelope?.executionPayload.blockHash
    ? undefined
    : `${String(validHash).slice(0, 12)} was VALID, and ${told(fetched)} was given`;
}

const isBuildersOwnBytes = ({ call, result }: Fetched, { builderCalls }: Seen): boolean =>
  builderCalls.some(
    ({ sequencer, end }) =>
      sequencer === call.sequencer &&
      end?.answer.kind === "answered" &&
      end.order < (call.reply?.order ?? 0) &&
      end.answer.body.includes(result ?? ""),
  );

function repeatedBlock(fetched: Fetched, seen: Seen): string | undefined {
  const { call, payloadId, envelope } = fetched;
  const restart = seen.journal.restarts.findLast(
    ({ sequencer, order }) => sequencer === call.sequencer && order < call.order,
  );
  const other = seen.fetched.find(
    (before) =>
      before.payloadId !== payloadId &&
      before.call.sequencer === call.sequencer &&
      before.call.order > (restart?.order ?? 0) &&
      (before.call.reply?.order ?? Number.POSITIVE_INFINITY) < call.order &&
      before.envelope?.executionPayload.blockHash === envelope?.executionPayload.blockHash &&
      jobOf(before, seen) !== undefined,
  );
  return other === undefined ? undefined : `${told(fetched)}, and before that ${told(other)}`;
}

function nearlyEmpty(fetched: Fetched): string | undefined {
  const { own, envelope } = fetched;
  const ownGas = ownGasBefore(fetched);
  if (own === undefined || envelope === undefined || ownGas === undefined) return undefined;
  const percent = BigInt(own.config.selection.minGasUsedPercent);
  const gas = BigInt(envelope.executionPayload.gasUsed);
  return gas * 100n >= ownGas * percent ? undefined : `${told(fetched)}: ${gas} gas`;
}

/** The gas of the execution client's own payload, where that came early enough to compare a builder's with. */
function ownGasBefore({ own }: Fetched): bigint | undefined {
  const gas = member(member(resultOf(own?.end?.answer), "executionPayload"), "gasUsed");
  if (own?.end === undefined || typeof gas !== "string") return undefined;
  return own.end.atMs < own.atMs + own.config.timing.builderDeadlineMs ? BigInt(gas) : undefined;
}
