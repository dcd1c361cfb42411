import type { PayloadAttributes } from "../engine-api/forkchoice.ts";
import { type JsonView, member, quantityOf, rawBytes, stringOf } from "../engine-api/json-view.ts";
import type { NewPayloadVersion } from "../engine-api/methods.ts";
import type { OwnPayload } from "../engine-api/own-payload.ts";
import type { Envelope } from "../engine-api/payload.ts";
import type { PayloadJob } from "../payload-job/payload-job.ts";
import { extraDataAsked } from "./extra-data.ts";
import { BLOB_TYPE, DEPOSIT_TYPE, transactionType } from "./transaction-type.ts";

/** A clause of the engine contract, section 3.3. */
export type AttributeCheck = (typeof CHECKS)[number][0];

type Job = Pick<PayloadJob<unknown>, "parentHash" | "parentNumber"> & { readonly attributes: PayloadAttributes };

/** What a payload is compared with. */
export type Asked = {
  readonly job: Job;
  readonly version: Pick<NewPayloadVersion, "withdrawalsRoot">;
  /** Undefined while the execution client's own has not arrived: then its newPayload alone judges what only it can tell. */
  readonly own: OwnPayload | undefined;
  /** What zero eip1559Params stand for on this chain, as an own payload before showed it; undefined while none did. */
  readonly chainParams: string | undefined;
  readonly payloadBytesMax: number;
};

/**
 * The first clause by which an envelope is not the block its job asked for; undefined where it is that block. The
 * execution client cannot tell: it validates against the parent, not against the attributes, and op-node compares only
 * later, when it derives the same height, and then reorgs the unsafe chain (engine contract 3.3).
 */
export function failedAttributeCheck(envelope: Envelope, asked: Asked): AttributeCheck | undefined {
  return CHECKS.find(([, holds]) => !holds(envelope, asked))?.[0];
}

type Check = (envelope: Envelope, asked: Asked) => boolean;

const CHECKS = [
  ["V-1", (e, { job }) => stringOf(e.body, field(e, "parentHash"))?.toLowerCase() === job.parentHash.toLowerCase()],
  ["V-2", (e, { job }) => quantityOf(e.body, field(e, "timestamp")) === job.attributes.timestamp],
  ["V-3", (e, { job }) => isSameHex(e, field(e, "prevRandao"), job, attribute(job, "prevRandao"))],
  ["V-4", (e, { job }) => isSameHex(e, field(e, "feeRecipient"), job, attribute(job, "suggestedFeeRecipient"))],
  ["V-5", (e, { job }) => isSameQuantity(e, field(e, "gasLimit"), job, attribute(job, "gasLimit"))],
  ["V-6", (e, { job }) => job.parentNumber === undefined || e.blockNumber === job.parentNumber + 1n],
  ["V-7", hasTransactionsAsked],
  ["V-8", (e) => isEmptyList(field(e, "withdrawals"))],
  [
    "V-9",
    (e, { job }) => isSameHex(e, member(e.view, "parentBeaconBlockRoot"), job, attribute(job, "parentBeaconBlockRoot")),
  ],
  ["V-10", hasExtraDataAsked],
  ["V-11", hasNoBlobs],
  ["V-12", hasRootsOfItsFork],
  ["V-13", (e, { own }) => own === undefined || isQuantity(e, field(e, "baseFeePerGas"), BigInt(own.baseFeePerGas))],
  ["V-15", (e, { payloadBytesMax }) => e.payload.end - e.payload.start <= payloadBytesMax],
] as const satisfies readonly (readonly [string, Check])[];

/** The transactions asked for come first, unchanged and in order; behind them no deposit (`0x7e…`) and no empty one. */
function hasTransactionsAsked(envelope: Envelope, { job }: Asked): boolean {
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

/** `"0x7e` starts a deposit, `"0x"` is empty. An escape could spell either: it is no type. */
function isUserTransaction(body: Buffer, transaction: JsonView): boolean {
  const type = transactionType(body, transaction);
  return type !== undefined && type !== DEPOSIT_TYPE;
}

function hasExtraDataAsked(envelope: Envelope, { job, own, chainParams }: Asked): boolean {
  const found = stringOf(envelope.body, field(envelope, "extraData"))?.toLowerCase();
  if (found === undefined) return false;
  if (own !== undefined) return found === own.extraData.toLowerCase();
  return extraDataAsked(job.attributes, chainParams)?.test(found) ?? true;
}

/** OP chains carry no blobs; since Jovian, which brought minBaseFee, blobGasUsed is the data availability footprint. */
function hasNoBlobs(envelope: Envelope, { job }: Asked): boolean {
  const transactions = field(envelope, "transactions");
  const blobGasUsed = quantityOf(envelope.body, field(envelope, "blobGasUsed"));
  return (
    isQuantity(envelope, field(envelope, "excessBlobGas"), 0n) &&
    (blobGasUsed === 0n || (blobGasUsed !== undefined && attribute(job, "minBaseFee") !== undefined)) &&
    transactions?.kind === "array" &&
    transactions.items.every((transaction) => transactionType(envelope.body, transaction) !== BLOB_TYPE)
  );
}

function hasRootsOfItsFork(envelope: Envelope, { version }: Asked): boolean {
  const root = field(envelope, "withdrawalsRoot");
  const requests = member(envelope.view, "executionRequests");
  const hasRoot = root !== undefined && root.kind !== "null";
  return (
    hasRoot === version.withdrawalsRoot && (requests === undefined || requests.kind === "null" || isEmptyList(requests))
  );
}

const field = (envelope: Envelope, name: string): JsonView | undefined => member(envelope.payload, name);

const attribute = (job: Job, name: string): JsonView | undefined => member(job.attributes.view, name);

const isEmptyList = (view: JsonView | undefined): boolean => view?.kind === "array" && view.items.length === 0;

const isQuantity = (envelope: Envelope, found: JsonView | undefined, expected: bigint): boolean =>
  quantityOf(envelope.body, found) === expected;

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
