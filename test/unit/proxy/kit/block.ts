import { type PayloadAttributes, viewForkchoiceUpdate } from "../../../../proxy/engine-api/forkchoice.ts";
import { requestBody, viewAnswer, viewRequest } from "../../../../proxy/engine-api/json-rpc.ts";
import { type Envelope, viewEnvelope } from "../../../../proxy/engine-api/payload.ts";

/** A byte string of `length` bytes, each `byte`. */
const bytes = (byte: string, length: number): string => `0x${byte.repeat(length)}`;

export const DEPOSIT = "0x7ef8a0";
export const PARENT = bytes("aa", 32);

/** Payload attributes as op-node sends them (E-12). */
const attributesJson: Readonly<Record<string, unknown>> = {
  timestamp: "0x6553f102",
  prevRandao: bytes("b1", 32),
  suggestedFeeRecipient: "0x4200000000000000000000000000000000000011",
  withdrawals: [],
  parentBeaconBlockRoot: bytes("c1", 32),
  transactions: [DEPOSIT],
  gasLimit: "0x3938700",
  eip1559Params: "0x000000fa00000006",
  minBaseFee: 1_000_000,
};

/** The payload those attributes ask for, with two transactions of users. */
export const payloadJson: Readonly<Record<string, unknown>> = {
  parentHash: PARENT,
  feeRecipient: "0x4200000000000000000000000000000000000011",
  stateRoot: bytes("d1", 32),
  receiptsRoot: bytes("d2", 32),
  logsBloom: bytes("00", 256),
  prevRandao: bytes("b1", 32),
  blockNumber: "0x2a",
  gasLimit: "0x3938700",
  gasUsed: "0xf618",
  timestamp: "0x6553f102",
  extraData: "0x01000000fa0000000600000000000f4240",
  baseFeePerGas: "0xf4240",
  blockHash: bytes("e1", 32),
  transactions: [DEPOSIT, "0x02f871", "0xf86b01"],
  withdrawals: [],
  blobGasUsed: "0x0",
  excessBlobGas: "0x0",
  withdrawalsRoot: bytes("d3", 32),
};

/** An envelope around a payload (engine contract 3.1); `change` goes over its own fields. */
export function envelopeOf(
  payload: Readonly<Record<string, unknown>> = {},
  change: Readonly<Record<string, unknown>> = {},
): Envelope {
  const result = {
    executionPayload: { ...payloadJson, ...payload },
    blockValue: "0x1",
    parentBeaconBlockRoot: bytes("c1", 32),
    ...change,
  };
  return envelopeOfText(JSON.stringify({ jsonrpc: "2.0", id: 1, result }));
}

/** The envelope in a getPayload answer's text. */
export function envelopeOfText(answer: string): Envelope {
  const body = Buffer.from(answer);
  const rpc = viewAnswer(body);
  const envelope = rpc.kind === "result" ? viewEnvelope(body, rpc.result) : undefined;
  if (envelope === undefined) throw new Error(`no envelope: ${answer.slice(0, 200)}`);
  return envelope;
}

/** Attributes as the proxy keeps them, from an FCU; `changeText` for numbers that JavaScript cannot write. */
export function attributesOf(
  change: Readonly<Record<string, unknown>> = {},
  changeText: (text: string) => string = (text) => text,
): PayloadAttributes {
  const body = requestBody("engine_forkchoiceUpdatedV3", [
    JSON.stringify({ headBlockHash: PARENT }),
    changeText(JSON.stringify({ ...attributesJson, ...change })),
  ]);
  const request = viewRequest(body);
  const attributes = request && viewForkchoiceUpdate(request)?.attributes;
  if (attributes === undefined) throw new Error("no attributes");
  return attributes;
}
