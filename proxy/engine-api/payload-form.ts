import { member, rawBytes, stringOf } from "./json-view.ts";
import type { Envelope } from "./payload.ts";

const QUANTITY_64 = /^0x(0|[1-9a-f][0-9a-f]{0,15})$/i;
const QUANTITY_256 = /^0x(0|[1-9a-f][0-9a-f]{0,63})$/i;
const HASH = /^0x[0-9a-f]{64}$/i;

/** How a field is written on the wire; `optional` (absent or null) where a fork has it and an earlier one has not. */
const FORMS: readonly (readonly [field: string, form: RegExp, optional?: "optional"])[] = [
  ["parentHash", HASH],
  ["feeRecipient", /^0x[0-9a-f]{40}$/i],
  ["stateRoot", HASH],
  ["receiptsRoot", HASH],
  ["logsBloom", /^0x[0-9a-f]{512}$/i],
  ["prevRandao", HASH],
  ["blockNumber", QUANTITY_64],
  ["gasLimit", QUANTITY_64],
  ["gasUsed", QUANTITY_64],
  ["timestamp", QUANTITY_64],
  ["extraData", /^0x([0-9a-f]{2}){0,32}$/i],
  ["baseFeePerGas", QUANTITY_256],
  ["blockHash", HASH],
  ["blobGasUsed", QUANTITY_64, "optional"],
  ["excessBlobGas", QUANTITY_64, "optional"],
  ["withdrawalsRoot", HASH, "optional"],
];

const BACKSLASH = 0x5c;

/**
 * What in an execution payload op-node's decoder refuses, or undefined. Execution clients are not all so strict: some take
 * leading zeros, JSON numbers, hex without `0x` or escapes, call the block VALID, and op-node then drops it and waits a
 * whole block time (engine contract 3.1, 2.4).
 */
export function unreadableField({ body, payload }: Envelope): string | undefined {
  if (rawBytes(body, payload).includes(BACKSLASH)) return "an escape";
  return FORMS.find(([field, form, optional]) => {
    const view = member(payload, field);
    if (view === undefined || view.kind === "null") return optional === undefined;
    return !form.test(stringOf(body, view) ?? "");
  })?.[0];
}
