import type { RpcRequest } from "../engine-api/json-rpc.ts";
import { viewNewPayload, viewPayloadStatus } from "../engine-api/payload.ts";
import type { SequencerProxy } from "../sequencer-proxy.ts";
import { type Reply, relay } from "./reply.ts";

/**
 * A newPayload: to the execution client, whose answer op-node gets, and then to the builder, so that it has every job's
 * parent. Then, and not at once: a builder that catches up asks its peer for the block's body, and if that peer is this
 * execution client and has not executed the block yet, op-geth takes it for a peer without the body and stays SYNCING.
 */
export async function newPayload(request: RpcRequest, proxy: SequencerProxy): Promise<Reply> {
  const answer = await proxy.wiring().executionClient.engineCall(request.body);
  const status = answer.kind === "answered" ? viewPayloadStatus(answer.body)?.status : undefined;
  const block = viewNewPayload(request);
  if (block !== undefined) {
    proxy.jobs.sawBlock(block.blockHash, block.blockNumber);
    if (status !== undefined && status !== "VALID") proxy.jobs.reject(block.blockHash);
  }
  const { builders, config } = proxy.wiring();
  if (config.executionMode !== "disabled" && status !== "INVALID") {
    for (const builder of builders) void builder.lane.newPayload(request.body);
  }
  return relay(request.id, answer);
}
