import { viewCalls } from "../engine-api/json-rpc.ts";
import type { SequencerProxy } from "../sequencer-proxy.ts";
import { type Reply, relay, relayToBatcher } from "./reply.ts";
import { isForMiner, tellBuilders } from "./tell-builders.ts";

/** A request's bytes with the encodings its headers name. */
export type RawCall = {
  readonly id: Buffer | undefined;
  readonly body: Buffer;
  readonly acceptEncoding: string | undefined;
  readonly contentEncoding: string | undefined;
};

/**
 * A call or batch with something in it that builders hear too. The execution client's answer counts, bytes untouched in
 * both directions.
 */
export async function passThroughAndTell(call: RawCall, proxy: SequencerProxy): Promise<Reply> {
  if (!readAndTell(call, proxy)) return await passThrough(call, proxy);
  const { id, ...raw } = call;
  return relayToBatcher(id, await proxy.wiring().executionClient.passThrough(raw));
}

/** Whether it is for the miner. The views of a large batch end here; its answer may take long. */
function readAndTell({ body, contentEncoding }: RawCall, proxy: SequencerProxy): boolean {
  const calls = contentEncoding === undefined ? (viewCalls(body) ?? []) : [];
  tellBuilders(body, calls, proxy);
  return isForMiner(calls);
}

/** Everything that is not the proxy's business (E-6, E-7): to the execution client only, bytes untouched in both directions. */
export async function passThrough({ id, ...call }: RawCall, proxy: SequencerProxy): Promise<Reply> {
  return relay(id, await proxy.wiring().executionClient.passThrough(call));
}
