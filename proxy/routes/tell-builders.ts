import type { Builder } from "../builder.ts";
import type { ExecutionMode } from "../contract/config-file.ts";
import { DA_LIMIT_METHOD } from "../da-limit.ts";
import type { CallView } from "../engine-api/json-rpc.ts";
import { member, rawBytes } from "../engine-api/json-view.ts";
import { type Concern, concernOf } from "../engine-api/methods.ts";
import { tellFirst } from "../first-balancer.ts";
import type { BuilderWiring } from "../wiring.ts";

/** A sequencer's proxy or a balancer. */
type Teller = {
  readonly wiring: () => Pick<BuilderWiring<unknown>, "builders" | "daLimit">;
  readonly executionMode: () => ExecutionMode;
  readonly fault: (error: unknown) => void;
};

const ALL: readonly Concern[] = ["miner", "transaction"];

/**
 * Sends what concerns builders too, of a call or batch, to them: `miner_*` to all, transactions to those that take them
 * (`forwardTransactions`); `concerns` can leave one of the two out. Of several balancers one passes a transaction on to all
 * builders, while each keeps the limits, for the builders it will drive. Nobody waits for it, it is in no order with the
 * lane, and in the execution mode `disabled` nothing leaves. The builders' own bounds hold it: one that hangs has no share
 * in another's.
 */
export function tellBuilders(
  body: Buffer,
  calls: readonly CallView[],
  { wiring, executionMode, fault }: Teller,
  concerns: readonly Concern[] = ALL,
): void {
  const meant = calls.flatMap((call) => {
    const concern = concernOf(call.method);
    return concern === undefined || !concerns.includes(concern) ? [] : [{ ...call, concern }];
  });
  if (meant.length === 0) return;
  const { builders, daLimit } = wiring();
  const limit = meant.findLast(({ method }) => method === DA_LIMIT_METHOD);
  if (limit !== undefined) daLimit.note(body, member(limit.view, "params"));
  const setsDaLimit = limit !== undefined;
  const isWanted = (): boolean => executionMode() !== "disabled";
  if (!isWanted()) {
    if (setsDaLimit) for (const builder of builders) builder.aside.wasAway();
    return;
  }
  const forMiner = meant.filter(({ concern }) => concern === "miner");
  const partOf = (picked: readonly CallView[]): Buffer =>
    picked.length === calls.length ? body : bodyOf(body, picked);
  const all = partOf(meant);
  const withoutTransactions = forMiner.length === meant.length ? all : partOf(forMiner);
  const tell = async ({ aside, config }: Builder): Promise<boolean> => {
    if (!config.forwardTransactions && forMiner.length === 0) return false;
    return await aside.tell(config.forwardTransactions ? all : withoutTransactions, { setsDaLimit, isWanted });
  };
  const isForOne = builders.every(({ isBalancer }) => isBalancer) && forMiner.length === 0;
  const told: readonly Promise<unknown>[] = isForOne ? [tellFirst(builders, tell)] : builders.map(tell);
  for (const each of told) each.catch(fault);
}

/** Whether an RPC error of ours would stop op-batcher, which takes one as final (E-9). */
export const isForMiner = (calls: readonly CallView[]): boolean =>
  calls.some(({ method }) => concernOf(method) === "miner");

/** Some calls of a batch, each as it came. A copy, one for all builders: the batch itself may be large and need not be kept. */
function bodyOf(body: Buffer, calls: readonly CallView[]): Buffer {
  const parts = calls.flatMap(({ view }, index) => [index === 0 ? OPEN : COMMA, rawBytes(body, view)]);
  return Buffer.concat([...parts, CLOSE]);
}

const OPEN = Buffer.from("[");
const COMMA = Buffer.from(",");
const CLOSE = Buffer.from("]");
