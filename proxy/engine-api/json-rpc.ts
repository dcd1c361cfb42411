import { type JsonView, member, rawBytes, shortStringOf, stringOf, viewJson } from "./json-view.ts";

/** A single JSON-RPC call, read through a view; the bytes are what gets forwarded. */
export type RpcRequest = {
  readonly body: Buffer;
  readonly method: string;
  /** As it stands in the request: answered back byte for byte. */
  readonly id: Buffer;
  readonly params: readonly JsonView[];
};

/** What an upstream's body says, if it is one JSON-RPC answer. Views point into the body. */
export type RpcAnswer =
  | { readonly kind: "result"; readonly result: JsonView }
  | { readonly kind: "error"; readonly code: number; readonly message: string }
  | { readonly kind: "malformed" };

/** JSON-RPC 2.0 section 5.1, the Engine API's own (E-20), and execution clients' "limit exceeded" (EIP-1474). */
export const RPC_CODE = {
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  limitExceeded: -32005,
  unknownPayload: -38001,
} as const;

/** Longest piece of an upstream's error text that is kept. */
const ERROR_TEXT_LENGTH_MAX = 200;

/** The call in `body`, or undefined where it is a batch, not JSON, or may be read in two ways: then it only passes through. */
export function viewRequest(body: Buffer): RpcRequest | undefined {
  const view = viewJson(body);
  const method = stringOf(body, member(view, "method"));
  const id = member(view, "id");
  if (view === undefined || method === undefined || id === undefined || id.kind === "object" || id.kind === "array")
    return undefined;
  const params = member(view, "params");
  return { body, method, id: rawBytes(body, id), params: params?.kind === "array" ? params.items : [] };
}

/** A call of a body, alone or within a batch: its method as it is spelt (empty where it is no text) and where it stands. */
export type CallView = { readonly method: string; readonly view: JsonView };

/** The calls of a body in their order; undefined where it is not JSON that all readers take alike. */
export function viewCalls(body: Buffer): readonly CallView[] | undefined {
  const view = viewJson(body);
  if (view === undefined) return undefined;
  const calls: readonly JsonView[] = view.kind === "array" ? view.items : [view];
  return calls.map((call) => ({ method: stringOf(body, member(call, "method")) ?? "", view: call }));
}

/** The id of every call of our own: each has a connection for itself, so an answer needs no other. */
export const OWN_CALL_ID = "1";

/**
 * Reads an upstream's answer. An error counts whatever stands beside it. Neither error nor result is malformed, and so is
 * a result for another id than `id`, where one is given.
 */
export function viewAnswer(body: Buffer, id?: string): RpcAnswer {
  const view = viewJson(body);
  const result = member(view, "result");
  const error = member(view, "error");
  if (error !== undefined && error.kind !== "null") {
    const code = member(error, "code");
    return {
      kind: "error",
      code: code?.kind === "number" ? Number(rawBytes(body, code).toString("latin1")) : 0,
      message: shortStringOf(body, member(error, "message"), ERROR_TEXT_LENGTH_MAX) ?? "",
    };
  }
  const answered = member(view, "id");
  const isOther = id !== undefined && (answered === undefined || rawBytes(body, answered).toString("latin1") !== id);
  return result === undefined || isOther ? { kind: "malformed" } : { kind: "result", result };
}

/** `{"jsonrpc":"2.0","id":…,"result":…}` around bytes that are JSON already. */
export const resultBody = (id: Buffer, result: Buffer): Buffer =>
  Buffer.concat([RESULT_HEAD, id, RESULT_MIDDLE, result, RESULT_TAIL]);

/** A JSON-RPC error; its HTTP status is always 200 (E-3). */
export const errorBody = (id: Buffer | undefined, code: number, message: string): Buffer =>
  Buffer.from(`{"jsonrpc":"2.0","id":${id?.toString() ?? "null"},"error":${JSON.stringify({ code, message })}}`);

/** A call of our own. `params` are JSON texts or bytes, in order. */
export function requestBody(method: string, params: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`{"jsonrpc":"2.0","id":${OWN_CALL_ID},"method":"${method}","params":[`)];
  params.forEach((param, index) => {
    if (index > 0) parts.push(PARAM_SEPARATOR);
    parts.push(typeof param === "string" ? Buffer.from(param) : param);
  });
  parts.push(REQUEST_TAIL);
  return Buffer.concat(parts);
}

/** The first `lengthMax` characters of a request's parameter where it is a string: a payload id, a hash. */
export const stringParam = (request: RpcRequest, index: number, lengthMax: number): string | undefined =>
  shortStringOf(request.body, request.params[index], lengthMax);

const RESULT_HEAD = Buffer.from('{"jsonrpc":"2.0","id":');
const RESULT_MIDDLE = Buffer.from(',"result":');
const RESULT_TAIL = Buffer.from("}");
const PARAM_SEPARATOR = Buffer.from(",");
const REQUEST_TAIL = Buffer.from("]}");
