import type { RpcRequest } from "../engine-api/json-rpc.ts";
import { viewNewPayload, viewPayloadStatus } from "../engine-api/payload.ts";
import type { SequencerProxy } from "../sequencer-proxy.ts";
import { type Reply, relay } from "./reply.ts";

/**
 * A newPayload: to the execution client, whose answer op-node gets, and then to the builders; shared ones get at once what
 * this proxy has handed out, the rest when a job needs it. Then, and not earlier: a builder that catches up asks its peer
 * for the block's body, and if that peer is this execution client and has not executed the block yet, op-geth takes it for a
 * peer without the body and stays SYNCING.
 */
export async function newPayload(request: RpcRequest, proxy: SequencerProxy): Promise<Reply> {
  const answer = await proxy.wiring().executionClient.engineCall(request.body);
  const status = answer.kind === "answered" ? viewPayloadStatus(answer.body)?.status : undefined;
  const block = viewNewPayload(request);
  if (block === undefined) return relay(request.id, answer);
  const { blockHash, parentHash, blockNumber } = block;
  const { body } = request;
  proxy.jobs.sawBlock(blockHash, blockNumber);
  if (status !== undefined && status !== "VALID") proxy.jobs.reject(blockHash);
  if (status === "INVALID") {
    proxy.jobs.blocks.drop(blockHash);
    return relay(request.id, answer);
  }
  proxy.jobs.blocks.keep({ blockHash, parentHash, body: () => body, bytes: body.length });
  const { builders, config } = proxy.wiring();
  if (proxy.executionMode() !== "disabled" && (config.driving === "exclusive" || proxy.jobs.wasHandedOut(blockHash))) {
    for (const builder of builders) void builder.lane.newPayload(body, blockHash);
  }
  return relay(request.id, answer);
}
