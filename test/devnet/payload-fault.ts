import { type Block, type Envelope, type ExecutionPayload, execute, sealed } from "./execution-payload.ts";
import type { Fault } from "./fault-book.ts";
import type { ForkRules } from "./fork.ts";
import { digest } from "./hex.ts";

/** What a lying client makes of the payload it hands out. */
export type PayloadFault = {
  readonly payload?: (payload: ExecutionPayload) => ExecutionPayload;
  readonly envelope?: (envelope: Envelope) => Envelope;
  /**
   * What is made to fit again after the change. `hash` (default): the block hash, so that the execution client sees only
   * what the change itself breaks. `execution`: state root, receipts root and gas too, so that any list of transactions is
   * VALID. `nothing`: a "blockhash mismatch".
   */
  readonly reseal?: "hash" | "execution" | "nothing";
};

/** The fault a server understands: one that changes getPayload's result. */
export function payloadFault(
  fault: Fault & PayloadFault,
  rules: ForkRules,
  blockOf: (hash: string) => Block | undefined,
): Fault {
  const { payload: changePayload, envelope: changeEnvelope, reseal = "hash", ...rest } = fault;
  if (changePayload === undefined && changeEnvelope === undefined) return rest;
  return {
    ...rest,
    result: (result) => {
      const envelope = result as Envelope;
      const changed = {
        ...envelope,
        executionPayload: changePayload?.(envelope.executionPayload) ?? envelope.executionPayload,
      };
      const outer = changeEnvelope?.(changed) ?? changed;
      if (reseal === "nothing") return outer;
      const { blockHash: _, ...fields } = outer.executionPayload;
      const parent = reseal === "execution" ? blockOf(fields.parentHash) : undefined;
      const executed = parent === undefined ? {} : reexecuted(parent, fields, rules);
      return { ...outer, executionPayload: sealed({ ...fields, ...executed }, outer.parentBeaconBlockRoot) };
    },
  };
}

function reexecuted(
  parent: Block,
  fields: Omit<ExecutionPayload, "blockHash">,
  rules: ForkRules,
): Partial<ExecutionPayload> {
  const executed = execute(parent, fields.transactions, rules.minBaseFee);
  return {
    ...executed,
    ...(rules.withdrawalsRoot ? { withdrawalsRoot: digest("withdrawals", executed.stateRoot) } : {}),
  };
}
