import { call } from "./http-calls.ts";

/** A transaction of about a hundred bytes. */
export const transaction = call("eth_sendRawTransaction", [`0x02${"ab".repeat(60)}`], 1);

/** op-batcher's data availability limit, the same for a transaction and a block. */
export const limit = (size: string, id: unknown = 7): string => call("miner_setMaxDASize", [size, size], id);

/** Every method builders hear beside the execution client, with a call of it. */
export const toldCalls: readonly (readonly [method: string, body: string])[] = [
  ["eth_sendRawTransaction", transaction],
  ["eth_sendRawTransactionConditional", call("eth_sendRawTransactionConditional", ["0x02", {}])],
  ["miner_setExtra", call("miner_setExtra", ["0x00"])],
  ["miner_setGasPrice", call("miner_setGasPrice", ["0x1"])],
  ["miner_setGasLimit", call("miner_setGasLimit", ["0x1"])],
  ["miner_setMaxDASize", limit("0x1")],
];
