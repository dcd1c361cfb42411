import type { SequencerProxy } from "../sequencer-proxy.ts";
import { type Reply, relay } from "./reply.ts";

/** A request's bytes with the encodings its headers name. */
export type RawCall = {
  readonly id: Buffer | undefined;
  readonly body: Buffer;
  readonly acceptEncoding: string | undefined;
  readonly contentEncoding: string | undefined;
};

/** Everything that is not the proxy's business (E-6, E-7): to the execution client only, bytes untouched in both directions. */
export async function passThrough({ id, ...call }: RawCall, proxy: SequencerProxy): Promise<Reply> {
  return relay(id, await proxy.wiring().executionClient.passThrough(call));
}
