import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { NO_ROOM } from "../engine-api/collect-answer.ts";
import { type CallView, errorBody, RPC_CODE, viewCalls } from "../engine-api/json-rpc.ts";
import { member, rawBytes } from "../engine-api/json-view.ts";
import type { SequencerProxy } from "../sequencer-proxy.ts";
import { type Reply, relay, relayToBatcher } from "./reply.ts";
import { isForMiner, tellBuilders } from "./tell-builders.ts";

/** A request of the rpc port. */
export type PlainCall = {
  readonly body: Buffer;
  readonly acceptEncoding: string | undefined;
  readonly contentEncoding: string | undefined;
};

/** Takes bytes of what the port may hold in all; false where they are not there. */
type TakeBytes = (bytes: number) => boolean;

/** A compressed request is opened to see that it is nobody's engine call; the plain port takes 5 MiB (E-4). */
const UNZIPPED_BYTES_MAX = 8 * 1024 * 1024;

/**
 * A call or batch of the rpc port: to the execution client's plain JSON-RPC, bytes untouched in both directions, and what
 * concerns builders to them too. Never `engine_*` (E-8): what cannot be read in one way could be such a call to another
 * reader, and is refused.
 */
export async function plainRpc(call: PlainCall, takeBytes: TakeBytes, proxy: SequencerProxy): Promise<Reply> {
  if (call.contentEncoding !== undefined && !takeBytes(UNZIPPED_BYTES_MAX)) return NO_ROOM_REPLY;
  const body = await readable(call);
  const read = body === undefined ? undefined : readAndTell(body, proxy);
  if (read === undefined) {
    const text = "the request is not plain JSON-RPC that can be read in one way";
    return { body: errorBody(undefined, RPC_CODE.invalidRequest, text) };
  }
  const { id, isEngineCall, isMinerCall } = read;
  if (isEngineCall) {
    return { body: errorBody(id, RPC_CODE.methodNotFound, "engine_* methods need a JWT, and the engine port") };
  }
  const answer = await proxy.wiring().executionClient.plainCall({ ...call, takeBytes });
  if (answer.kind === "unreachable" && answer.detail === NO_ROOM) return NO_ROOM_REPLY;
  return isMinerCall ? relayToBatcher(id, answer) : relay(id, answer);
}

/**
 * Reads a request and tells the builders what concerns them; undefined where it can be read in two ways or not at all. Views
 * of it end here: of a body of small values they are many times its bytes, and the execution client's answer may take long.
 */
function readAndTell(body: Buffer, proxy: SequencerProxy) {
  const calls = viewCalls(body);
  if (calls === undefined || calls.some(({ method }) => method.includes("\\"))) return undefined;
  const isEngineCall = calls.some(({ method }) => method.startsWith("engine_"));
  if (!isEngineCall) tellBuilders(body, calls, proxy);
  return { id: idOf(body, calls), isEngineCall, isMinerCall: isForMiner(calls) };
}

/** For whoever comes while the port holds all it may. The port serves no engine calls, so this may be an HTTP error (E-3, E-9). */
export const NO_ROOM_REPLY: Reply = {
  body: errorBody(undefined, RPC_CODE.limitExceeded, `${NO_ROOM} on this port: send it again`),
  httpStatus: 503,
};

/** The JSON of a request; undefined for an encoding that is not gzip, and for what does not open. */
async function readable({ body, contentEncoding }: PlainCall): Promise<Buffer | undefined> {
  if (contentEncoding === undefined) return body;
  if (contentEncoding.toLowerCase() !== "gzip") return undefined;
  return await promisify<Buffer, object, Buffer>(gunzip)(body, { maxOutputLength: UNZIPPED_BYTES_MAX }).catch(
    () => undefined,
  );
}

/** The id of a single call, to be answered back; a batch has none. */
function idOf(body: Buffer, [first]: readonly CallView[]): Buffer | undefined {
  const id = first?.view.start === leadingSpace(body) ? member(first.view, "id") : undefined;
  return id === undefined || id.kind === "object" || id.kind === "array" ? undefined : rawBytes(body, id);
}

const leadingSpace = (body: Buffer): number => body.findIndex((byte) => byte > 0x20);
