import { z } from "zod";
import { ExecutionMode } from "../contract/config-file.ts";
import { type JsonView, member, rawBytes, stringOf, viewJson } from "../engine-api/json-view.ts";

/** What the debug methods read and set. */
export type DebugModes = {
  /** What counts now, of both hands. */
  readonly effective: () => ExecutionMode;
  /** Sets the admin API's hand; resolves when that is done. */
  readonly set: (mode: ExecutionMode) => Promise<void>;
};

/** Each may wait for the disk. */
const CALLS_MAX = 16;

/** JSON-RPC 2.0 section 5.1, the last two as jsonrpsee numbers them, which serves rollup-boost's. */
const ERRORS = {
  parseError: { code: -32700, message: "Parse error" },
  invalidRequest: { code: -32600, message: "Invalid request" },
  methodNotFound: { code: -32601, message: "Method not found" },
  invalidParams: { code: -32602, message: "Invalid params" },
  bodyTooLarge: { code: -32007, message: "Request is too big" },
  batchTooLarge: { code: -32010, message: "The batch request was too large" },
} as const;

const Request = z.object({ execution_mode: ExecutionMode });

/** By position, as rollup-boost's own client sends it, or by name; what stands beside it is ignored, as there. */
const SetParams = z.union([
  z.tuple([Request], z.unknown()).transform(([request]) => request),
  z.object({ request: Request }).transform(({ request }) => request),
]);

/** A JSON-RPC error's text; `id` is JSON. */
export const debugError = (id: string, error: keyof typeof ERRORS, data?: string): string =>
  `{"jsonrpc":"2.0","id":${id},"error":${JSON.stringify({ ...ERRORS[error], data })}}`;

/**
 * What rollup-boost's debug API answers to a body: one call, or a batch in its order. A call without an id that can be
 * answered is a notification: nothing is done and `null` is answered, as there.
 */
export async function answerDebugCalls(body: Buffer, modes: DebugModes): Promise<string> {
  const view = viewJson(body);
  if (view?.kind === "object") return (await answerOne(body, view, modes)) ?? "null";
  if (view?.kind !== "array") return debugError("null", "parseError");
  if (view.items.length === 0) return debugError("null", "invalidRequest");
  if (view.items.length > CALLS_MAX) return debugError("null", "batchTooLarge", `at most ${CALLS_MAX} calls`);
  const answers: string[] = [];
  for (const call of view.items) {
    const answer = await answerOne(body, call, modes);
    if (answer !== undefined) answers.push(answer);
  }
  return answers.length === 0 ? "null" : `[${answers.join(",")}]`;
}

/** One call's answer; undefined for a notification. */
async function answerOne(body: Buffer, call: JsonView, modes: DebugModes): Promise<string | undefined> {
  if (call.kind !== "object") return debugError("null", "invalidRequest");
  const id = idOf(body, call);
  if (id === undefined) return undefined;
  if (stringOf(body, member(call, "jsonrpc")) !== "2.0") return debugError(id, "invalidRequest", 'no "jsonrpc":"2.0"');
  switch (stringOf(body, member(call, "method"))) {
    case undefined:
      return debugError(id, "invalidRequest", "no method");
    case "debug_getExecutionMode":
      return result(id, modes.effective());
    case "debug_setExecutionMode": {
      const params = SetParams.safeParse(parsed(body, member(call, "params")));
      if (!params.success) {
        return debugError(id, "invalidParams", 'params must be [{"execution_mode":"enabled"|"dry_run"|"disabled"}]');
      }
      await modes.set(params.data.execution_mode);
      return result(id, modes.effective());
    }
    default:
      return debugError(id, "methodNotFound", "debug_setExecutionMode and debug_getExecutionMode are served here");
  }
}

const result = (id: string, mode: ExecutionMode): string =>
  `{"jsonrpc":"2.0","id":${id},"result":${JSON.stringify({ execution_mode: mode })}}`;

/** The id as it came, so that no number is rounded; undefined where it is none that JSON-RPC can answer. */
function idOf(body: Buffer, call: JsonView): string | undefined {
  const id = member(call, "id");
  if (id === undefined) return undefined;
  const text = rawBytes(body, id).toString();
  return id.kind === "string" || id.kind === "null" || (id.kind === "number" && /^\d+$/.test(text)) ? text : undefined;
}

function parsed(body: Buffer, view: JsonView | undefined): unknown {
  try {
    return view === undefined ? undefined : JSON.parse(rawBytes(body, view).toString());
  } catch {
    return undefined;
  }
}
