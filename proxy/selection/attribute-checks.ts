import { type JsonView, member, quantityOf, rawBytes, stringOf } from "../engine-api/json-view.ts";
import type { Envelope } from "../engine-api/payload.ts";
import type { PayloadJob } from "../payload-job/payload-job.ts";

/** A clause of the engine contract, section 3.3. */
export type AttributeCheck = "V-1" | "V-2" | "V-3" | "V-4" | "V-5" | "V-6" | "V-7" | "V-8" | "V-9";

type Job = Pick<PayloadJob<unknown>, "parentHash" | "parentNumber" | "attributes">;

/**
 * The first clause by which an envelope is not the block its job asked for; undefined where it is that block. The
 * execution client cannot tell: it validates against the parent, not against the attributes, and op-node compares only
 * later, when it derives the same height, and then reorgs the unsafe chain (engine contract 3.3).
 */
export function failedAttributeCheck(envelope: Envelope, job: Job): AttributeCheck | undefined {
  return CHECKS.find(([, holds]) => !holds(envelope, job))?.[0];
}

const CHECKS: readonly (readonly [AttributeCheck, (envelope: Envelope, job: Job) => boolean])[] = [
  [
    "V-1",
    (envelope, job) =>
      stringOf(envelope.body, field(envelope, "parentHash"))?.toLowerCase() === job.parentHash.toLowerCase(),
  ],
  ["V-2", (envelope, job) => quantityOf(envelope.body, field(envelope, "timestamp")) === job.attributes.timestamp],
  ["V-3", (envelope, job) => isSameHex(envelope, field(envelope, "prevRandao"), job, attribute(job, "prevRandao"))],
  [
    "V-4",
    (envelope, job) =>
      isSameHex(envelope, field(envelope, "feeRecipient"), job, attribute(job, "suggestedFeeRecipient")),
  ],
  ["V-5", (envelope, job) => isSameQuantity(envelope, field(envelope, "gasLimit"), job, attribute(job, "gasLimit"))],
  ["V-6", (envelope, job) => job.parentNumber === undefined || envelope.blockNumber === job.parentNumber + 1n],
  ["V-7", hasTransactionsAsked],
  ["V-8", (envelope) => isEmptyList(field(envelope, "withdrawals"))],
  [
    "V-9",
    (envelope, job) =>
      isSameHex(envelope, member(envelope.view, "parentBeaconBlockRoot"), job, attribute(job, "parentBeaconBlockRoot")),
  ],
];

/** The transactions asked for come first, unchanged and in order; behind them no deposit (`0x7e…`) and no empty one. */
function hasTransactionsAsked(envelope: Envelope, job: Job): boolean {
  const list = field(envelope, "transactions");
  const asked = job.attributes.transactions;
  if (list?.kind !== "array" || list.items.length < asked.length) return false;
  if (job.attributes.noTxPool && list.items.length !== asked.length) return false;
  return list.items.every((transaction, index) => {
    const expected = asked[index];
    return expected === undefined
      ? isUserTransaction(envelope.body, transaction)
      : rawBytes(envelope.body, transaction).equals(rawBytes(job.attributes.body, expected));
  });
}

/** `"0x7e` starts a deposit, `"0x"` is empty. An escape could spell either. */
function isUserTransaction(body: Buffer, transaction: JsonView): boolean {
  if (transaction.kind !== "string") return false;
  const start = body
    .toString("latin1", transaction.start + 1, Math.min(transaction.end - 1, transaction.start + 5))
    .toLowerCase();
  return /^0x[0-9a-f]{2}$/.test(start) && start !== "0x7e";
}

const field = (envelope: Envelope, name: string): JsonView | undefined => member(envelope.payload, name);

const attribute = (job: Job, name: string): JsonView | undefined => member(job.attributes.view, name);

const isEmptyList = (view: JsonView | undefined): boolean => view?.kind === "array" && view.items.length === 0;

function isSameHex(envelope: Envelope, found: JsonView | undefined, job: Job, asked: JsonView | undefined): boolean {
  const text = stringOf(envelope.body, found);
  return text !== undefined && text.toLowerCase() === stringOf(job.attributes.body, asked)?.toLowerCase();
}

function isSameQuantity(
  envelope: Envelope,
  found: JsonView | undefined,
  job: Job,
  asked: JsonView | undefined,
): boolean {
  const value = quantityOf(envelope.body, found);
  return value !== undefined && value === quantityOf(job.attributes.body, asked);
}
