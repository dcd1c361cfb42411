import { type FallbackReason, FallbackReason as FallbackReasonSchema } from "../contract/status.ts";
import { errorBody, RPC_CODE, type RpcRequest, resultBody } from "../engine-api/json-rpc.ts";
import { member, stringOf } from "../engine-api/json-view.ts";
import type { Reply } from "../routes/reply.ts";
import type { Balancer } from "./balancer.ts";

/** What a sequencer's proxy found of a balancer's block: `chosen`, or why its execution client's own was handed out. */
export type BlockVerdict = { readonly blockHash: string; readonly verdict: FallbackReason | "chosen" };

/**
 * `rollupBoost_reportVerdict`, a method of our own: what became of a block that was handed out here goes to the state of
 * the builder that made it, so that one whose blocks are refused is benched here too.
 */
export function reportVerdict(request: RpcRequest, { wiring, authors }: Balancer): Reply {
  const verdict = viewVerdict(request);
  if (verdict === undefined) return { body: errorBody(request.id, RPC_CODE.invalidParams, "not a verdict") };
  const name = authors.take(verdict.blockHash);
  wiring()
    .builders.find(({ config }) => config.name === name)
    ?.judged(verdict.verdict);
  return { body: resultBody(request.id, Buffer.from("true")) };
}

function viewVerdict(request: RpcRequest): BlockVerdict | undefined {
  const [report] = request.params;
  const blockHash = stringOf(request.body, member(report, "blockHash"))?.toLowerCase();
  const text = stringOf(request.body, member(report, "verdict"));
  const reason = FallbackReasonSchema.safeParse(text);
  const verdict = text === "chosen" ? text : reason.data;
  return blockHash === undefined || verdict === undefined ? undefined : { blockHash, verdict };
}
