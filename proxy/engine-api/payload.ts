import { type RpcRequest, requestBody, viewAnswer } from "./json-rpc.ts";
import { type JsonView, member, quantityOf, rawBytes, shortStringOf, stringOf } from "./json-view.ts";
import type { NewPayloadVersion } from "./methods.ts";

/** A getPayload result (engine contract 3.1), as views into the answer's bytes. */
export type Envelope = {
  /** The answer's body: what the views point into. */
  readonly body: Buffer;
  readonly view: JsonView;
  readonly payload: JsonView;
  readonly blockHash: string;
  readonly blockNumber: bigint;
};

/** What newPayload said. Only `VALID` counts. */
export type PayloadStatus = { readonly status: string; readonly validationError: string | undefined };

/** Longest validation error that is kept. */
const VALIDATION_ERROR_LENGTH_MAX = 200;

/** Reads a getPayload result; undefined where it has no execution payload with hash and number. */
export function viewEnvelope(body: Buffer, result: JsonView): Envelope | undefined {
  const payload = member(result, "executionPayload");
  const blockHash = stringOf(body, member(payload, "blockHash"))?.toLowerCase();
  const blockNumber = quantityOf(body, member(payload, "blockNumber"));
  if (payload === undefined || blockHash === undefined || blockNumber === undefined) return undefined;
  return { body, view: result, payload, blockHash, blockNumber };
}

/**
 * Whether everything around the execution payload is JSON that every reader takes alike. The payload itself is judged by
 * the execution client that validates it; the rest reaches op-node on our word alone.
 */
export function isSoundAroundPayload({ body, view, payload }: Envelope): boolean {
  const around = Buffer.concat([
    body.subarray(view.start, payload.start),
    Buffer.from("0"),
    body.subarray(payload.end, view.end),
  ]);
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(around));
    return true;
  } catch {
    return false;
  }
}

/** The newPayload call that validates an envelope: its payload's and beacon root's bytes as they came. */
export function newPayloadBody(envelope: Envelope, version: NewPayloadVersion): Buffer {
  const root = member(envelope.view, "parentBeaconBlockRoot");
  return requestBody(version.method, [
    rawBytes(envelope.body, envelope.payload),
    "[]",
    root === undefined ? "null" : rawBytes(envelope.body, root),
    ...version.trailing,
  ]);
}

/** The block in a newPayload request; undefined where it does not name its hash, its parent's and its number. */
export function viewNewPayload(
  request: RpcRequest,
): { readonly blockHash: string; readonly parentHash: string; readonly blockNumber: bigint } | undefined {
  const [payload] = request.params;
  const parentHash = stringOf(request.body, member(payload, "parentHash"))?.toLowerCase();
  const blockHash = stringOf(request.body, member(payload, "blockHash"))?.toLowerCase();
  const blockNumber = quantityOf(request.body, member(payload, "blockNumber"));
  if (blockHash === undefined || parentHash === undefined || blockNumber === undefined) return undefined;
  return { blockHash, parentHash, blockNumber };
}

/** Reads newPayload's answer; undefined for an error or another shape. */
export function viewPayloadStatus(body: Buffer): PayloadStatus | undefined {
  const answer = viewAnswer(body);
  if (answer.kind !== "result") return undefined;
  const status = stringOf(body, member(answer.result, "status"));
  if (status === undefined) return undefined;
  const validationError = shortStringOf(body, member(answer.result, "validationError"), VALIDATION_ERROR_LENGTH_MAX);
  return { status, validationError };
}
