import { type RpcRequest, requestBody, viewAnswer } from "./json-rpc.ts";
import { type JsonView, member, quantityOf, rawBytes, stringOf } from "./json-view.ts";

/** The payload attributes of an FCU, as views into its request's bytes (engine contract E-12). */
export type PayloadAttributes = {
  /** The request's body: what the views point into. */
  readonly body: Buffer;
  readonly view: JsonView;
  /** Seconds. */
  readonly timestamp: bigint;
  /** A derived block: no builder may change it (E-13). */
  readonly noTxPool: boolean;
  readonly transactions: readonly JsonView[];
};

/** What an FCU asks for. */
export type ForkchoiceUpdate = {
  readonly headBlockHash: string;
  readonly attributes: PayloadAttributes | undefined;
};

/** The EL's answer to an FCU, read. */
export type ForkchoiceAnswer = {
  readonly status: string;
  readonly payloadId: string | undefined;
};

/** A longer text is no hash, and not worth a place where jobs are kept. */
const HASH_LENGTH = 66;

/** Reads an FCU's parameters; undefined where they are not of the Engine API's shape, which only the EL may judge. */
export function viewForkchoiceUpdate(request: RpcRequest): ForkchoiceUpdate | undefined {
  const [state, attributes] = request.params;
  const headBlockHash = stringOf(request.body, member(state, "headBlockHash"))?.toLowerCase();
  if (headBlockHash === undefined || headBlockHash.length > HASH_LENGTH) return undefined;
  if (attributes === undefined || attributes.kind === "null") return { headBlockHash, attributes: undefined };
  const timestamp = quantityOf(request.body, member(attributes, "timestamp"));
  if (timestamp === undefined) return undefined;
  const transactions = member(attributes, "transactions");
  return {
    headBlockHash,
    attributes: {
      body: request.body,
      view: attributes,
      timestamp,
      noTxPool: member(attributes, "noTxPool")?.kind === "true",
      transactions: transactions?.kind === "array" ? transactions.items : [],
    },
  };
}

/** Reads an answer to an FCU; undefined for an error or another shape. */
export function viewForkchoiceAnswer(body: Buffer): ForkchoiceAnswer | undefined {
  const answer = viewAnswer(body);
  if (answer.kind !== "result") return undefined;
  const status = stringOf(body, member(member(answer.result, "payloadStatus"), "status"));
  return status === undefined ? undefined : { status, payloadId: stringOf(body, member(answer.result, "payloadId")) };
}

/** The same FCU without its attributes: the head, and nothing to build. */
export function withoutAttributes(request: RpcRequest): Buffer {
  const [state] = request.params;
  return requestBody(request.method, [state === undefined ? "null" : rawBytes(request.body, state), "null"]);
}
