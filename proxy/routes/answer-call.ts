import type { IncomingHttpHeaders } from "node:http";
import { type RpcRequest, viewRequest } from "../engine-api/json-rpc.ts";
import { concernOf, type Route, routeOf } from "../engine-api/methods.ts";
import type { SequencerProxy } from "../sequencer-proxy.ts";
import { forkchoiceUpdated } from "./forkchoice-updated.ts";
import { getPayload } from "./get-payload.ts";
import { newPayload } from "./new-payload.ts";
import { passThrough, passThroughAndTell, type RawCall } from "./pass-through.ts";
import type { Reply } from "./reply.ts";

/** One call of op-node, read as far as its route needs. */
export type EngineCall = {
  readonly raw: RawCall;
  /** Undefined for what only passes through: a batch, no JSON, or JSON that may be read in two ways. */
  readonly rpc: RpcRequest | undefined;
  readonly route: Route;
  /** The method, from a fixed list: `pass_through` for all that is not in it. */
  readonly label: string;
};

/** Reads a call's method and id; the bytes stay as they are. */
export function readCall(body: Buffer, headers: IncomingHttpHeaders): EngineCall {
  const contentEncoding = headers["content-encoding"];
  const rpc = contentEncoding === undefined ? viewRequest(body) : undefined;
  const route = routeOf(rpc?.method ?? "");
  return {
    raw: { id: rpc?.id, body, acceptEncoding: single(headers["accept-encoding"]), contentEncoding },
    rpc,
    route,
    label: rpc === undefined || route.kind === "pass-through" ? "pass_through" : rpc.method,
  };
}

/** The answer op-node gets. Rejects only by a fault of our own. */
export function answerCall({ raw, rpc, route }: EngineCall, proxy: SequencerProxy): Promise<Reply> {
  if (rpc === undefined) return passThroughAndTell(raw, proxy);
  switch (route.kind) {
    case "forkchoice-updated":
      return forkchoiceUpdated(rpc, proxy);
    case "get-payload":
      return getPayload(rpc, route.validate, proxy);
    case "new-payload":
      return newPayload(rpc, proxy);
    case "pass-through":
      return concernOf(rpc.method) === undefined ? passThrough(raw, proxy) : passThroughAndTell(raw, proxy);
  }
}

const single = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(", ") : value;
