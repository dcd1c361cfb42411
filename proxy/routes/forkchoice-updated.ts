import { viewForkchoiceAnswer, viewForkchoiceUpdate } from "../engine-api/forkchoice.ts";
import type { RpcRequest } from "../engine-api/json-rpc.ts";
import type { SequencerProxy } from "../sequencer-proxy.ts";
import { driveBuilders } from "./drive-builders.ts";
import { type Reply, relay } from "./reply.ts";

/**
 * An FCU: to the execution client, whose own answer op-node gets at the execution client's own speed; to the builders at the
 * same time, whose answers join the payload job when they arrive.
 */
export async function forkchoiceUpdated(request: RpcRequest, proxy: SequencerProxy): Promise<Reply> {
  const own = proxy.wiring().executionClient.engineCall(request.body);
  const update = viewForkchoiceUpdate(request);
  const driven = driveBuilders(request, update, proxy);

  const answered = update?.attributes === undefined ? undefined : proxy.jobs.expect();
  const answer = await own;
  answered?.();
  const forkchoice = answer.kind === "answered" ? viewForkchoiceAnswer(answer.body) : undefined;
  if (update !== undefined && forkchoice?.status === "VALID") {
    proxy.jobs.sawHead(update.headBlockHash);
    if (update.attributes !== undefined && forkchoice.payloadId !== undefined) {
      proxy.jobs.open({
        payloadId: forkchoice.payloadId,
        parentHash: update.headBlockHash,
        parentNumber: proxy.jobs.numberOf(update.headBlockHash),
        ...driven,
      });
    }
  }
  return relay(request.id, answer);
}
