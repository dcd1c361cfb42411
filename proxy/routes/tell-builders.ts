import { DA_LIMIT_METHOD } from "../da-limit.ts";
import type { CallView } from "../engine-api/json-rpc.ts";
import { member, rawBytes } from "../engine-api/json-view.ts";
import { type Concern, concernOf } from "../engine-api/methods.ts";
import type { SequencerProxy } from "../sequencer-proxy.ts";

/**
 * Sends what concerns builders too, of a call or batch, to them: `miner_*` to all, transactions to those that take them
 * (`forwardTransactions`). Nobody waits for it, it is in no order with the lane, and in the execution mode `disabled`
 * nothing leaves.
 */
export function tellBuilders(body: Buffer, calls: readonly CallView[], proxy: SequencerProxy): void {
  const meant = calls.flatMap((call) => {
    const concern = concernOf(call.method);
    return concern === undefined ? [] : [{ ...call, concern }];
  });
  if (meant.length === 0) return;
  const { builders, daLimit } = proxy.wiring();
  const limit = meant.findLast(({ method }) => method === DA_LIMIT_METHOD);
  if (limit !== undefined) daLimit.note(body, member(limit.view, "params"));
  const isWanted = (): boolean => proxy.executionMode() !== "disabled";
  if (!isWanted()) return;
  for (const builder of builders) {
    const hears = (concern: Concern): boolean => concern === "miner" || builder.config.forwardTransactions;
    const picked = meant.filter(({ concern }) => hears(concern));
    if (picked.length === 0) continue;
    const bytes = picked.length === calls.length ? body : bodyOf(body, picked);
    const setsDaLimit = limit !== undefined;
    proxy.background(() => builder.aside.tell(bytes, { setsDaLimit, isWanted }));
  }
}

/** Whether an RPC error of ours would stop op-batcher, which takes one as final (E-9). */
export const isForMiner = (calls: readonly CallView[]): boolean =>
  calls.some(({ method }) => concernOf(method) === "miner");

/** Some calls of a batch, each as it came. A copy: the batch itself may be large and need not be kept. */
function bodyOf(body: Buffer, calls: readonly CallView[]): Buffer {
  const parts = calls.flatMap(({ view }, index) => [index === 0 ? OPEN : COMMA, rawBytes(body, view)]);
  return Buffer.concat([...parts, CLOSE]);
}

const OPEN = Buffer.from("[");
const COMMA = Buffer.from(",");
const CLOSE = Buffer.from("]");
