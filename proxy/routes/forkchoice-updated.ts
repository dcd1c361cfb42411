import type { Builder } from "../builder.ts";
import {
  type ForkchoiceUpdate,
  viewForkchoiceAnswer,
  viewForkchoiceUpdate,
  withoutAttributes,
} from "../engine-api/forkchoice.ts";
import type { RpcRequest } from "../engine-api/json-rpc.ts";
import type { PayloadJob } from "../payload-job/payload-job.ts";
import type { SequencerProxy } from "../sequencer-proxy.ts";
import { type Reply, relay } from "./reply.ts";

/**
 * An FCU: to the execution client, whose own answer op-node gets at the execution client's own speed; to the builder at the
 * same time, whose answer joins the payload job when it arrives.
 */
export async function forkchoiceUpdated(request: RpcRequest, proxy: SequencerProxy): Promise<Reply> {
  const { executionClient, builders, config } = proxy.wiring();
  const own = executionClient.engineCall(request.body);
  const update = viewForkchoiceUpdate(request);
  const asked =
    config.executionMode === "disabled" ? DISABLED : drive(request, update, builders[0], proxy.clock.nowMs());

  const answered = update?.attributes === undefined ? undefined : proxy.jobs.expect();
  const answer = await own;
  answered?.();
  const forkchoice = answer.kind === "answered" ? viewForkchoiceAnswer(answer.body) : undefined;
  if (update?.attributes !== undefined && forkchoice?.status === "VALID" && forkchoice.payloadId !== undefined) {
    proxy.jobs.open({
      payloadId: forkchoice.payloadId,
      parentHash: update.headBlockHash,
      parentNumber: proxy.jobs.numberOf(update.headBlockHash),
      attributes: update.attributes,
      builder: asked,
    });
  }
  return relay(request.id, answer);
}

type Asked = PayloadJob<Builder>["builder"];

const DISABLED: Asked = { kind: "not_asked", reason: "disabled" };

/** Tells the builder what it shall hear of this FCU (`exclusive` driving), and says whether it was asked for a block. */
function drive(
  request: RpcRequest,
  update: ForkchoiceUpdate | undefined,
  builder: Builder | undefined,
  nowMs: number,
): Asked {
  if (builder === undefined) return { kind: "not_asked", reason: "no_builder" };
  if (update === undefined || update.attributes === undefined) {
    if (update !== undefined) void builder.lane.forkchoice(request.body);
    return { kind: "not_asked", reason: "no_builder" };
  }
  const reason = update.attributes.noTxPool
    ? "no_tx_pool"
    : isPast(update.attributes.timestamp, nowMs)
      ? "slot_passed"
      : undefined;
  if (reason !== undefined) {
    void builder.lane.forkchoice(withoutAttributes(request));
    return { kind: "not_asked", reason };
  }
  return { kind: "asked", handle: builder, answer: builder.startJob(request.body) };
}

const isPast = (timestampSeconds: bigint, nowMs: number): boolean =>
  timestampSeconds * 1000n < BigInt(Math.floor(nowMs));
