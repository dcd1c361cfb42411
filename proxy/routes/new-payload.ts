import type { RpcRequest } from "../engine-api/json-rpc.ts";
import { viewNewPayload, viewPayloadStatus } from "../engine-api/payload.ts";
import type { SequencerProxy } from "../sequencer-proxy.ts";
import { type Reply, relay } from "./reply.ts";

/** A newPayload: to the execution client, whose answer op-node gets, and to the builder, so that it has every job's parent. */
export async function newPayload(request: RpcRequest, proxy: SequencerProxy): Promise<Reply> {
  const { executionClient, builders, config } = proxy.wiring();
  const own = executionClient.engineCall(request.body);
  if (config.executionMode !== "disabled") for (const builder of builders) void builder.lane.newPayload(request.body);
  const block = viewNewPayload(request);
  if (block !== undefined) proxy.jobs.sawBlock(block.blockHash, block.blockNumber);

  const answer = await own;
  const status = answer.kind === "answered" ? viewPayloadStatus(answer.body)?.status : undefined;
  if (block !== undefined && status !== undefined && status !== "VALID") proxy.jobs.reject(block.blockHash);
  return relay(request.id, answer);
}
