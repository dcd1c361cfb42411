/** One JSON-RPC call as it arrived. */
export type JsonRpcCall = {
  readonly id: unknown;
  readonly method: string;
  readonly params: readonly unknown[];
};

/** Codes of E-20 and JSON-RPC itself that the simulated servers answer with. */
export const rpcCodes = {
  unknownPayload: -38001,
  invalidForkchoiceState: -38002,
  invalidPayloadAttributes: -38003,
  unsupportedFork: -38005,
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  serverError: -32000,
} as const;

/** Thrown by a method, answered as a JSON-RPC error with HTTP 200. */
export class JsonRpcError extends Error {
  override readonly name = "JsonRpcError";
  readonly code: number;
  readonly data: unknown;
  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** What a JSON-RPC server serves: throws JsonRpcError, answers anything JSON can hold (bigint as a number). */
export type JsonRpcMethod = (params: readonly unknown[]) => unknown;
export type JsonRpcMethods = Readonly<Record<string, JsonRpcMethod>>;

/** The calls of a request's body, and whether it was a batch. Throws JsonRpcError. */
export function callsOf(body: unknown): { readonly calls: readonly JsonRpcCall[]; readonly batch: boolean } {
  const batch = Array.isArray(body);
  const items: readonly unknown[] = batch ? body : [body];
  if (items.length === 0) throw new JsonRpcError(rpcCodes.invalidRequest, "empty batch");
  return { calls: items.map(callOf), batch };
}

function callOf(item: unknown): JsonRpcCall {
  if (typeof item !== "object" || item === null || !("method" in item) || typeof item.method !== "string") {
    throw new JsonRpcError(rpcCodes.invalidRequest, "invalid request");
  }
  const params = "params" in item && Array.isArray(item.params) ? item.params : [];
  return { id: "id" in item ? item.id : null, method: item.method, params };
}

/** Runs a call against the methods. Throws JsonRpcError for a method that is not there. */
export function dispatch(methods: JsonRpcMethods, call: JsonRpcCall): unknown {
  const method = Object.hasOwn(methods, call.method) ? methods[call.method] : undefined;
  if (method === undefined) {
    throw new JsonRpcError(rpcCodes.methodNotFound, `the method ${call.method} does not exist/is not available`);
  }
  return method(call.params);
}
