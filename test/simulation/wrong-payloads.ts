import type { Envelope, ExecutionPayload } from "../devnet/execution-payload.ts";
import { bytesOf, digest, quantity } from "../devnet/hex.ts";
import type { PayloadFault } from "../devnet/payload-fault.ts";

/** A lie of a builder: by its payload, or by the text of its answer. */
export type Lie =
  | ({ readonly clause: string } & PayloadFault)
  | { readonly clause: string; readonly text: (answer: string) => string }
  | { readonly clause: string; readonly sibling: true };

const payload = (
  clause: string,
  change: (payload: ExecutionPayload) => Partial<ExecutionPayload>,
  reseal: NonNullable<PayloadFault["reseal"]> = "hash",
): Lie => ({ clause, payload: (before) => ({ ...before, ...change(before) }), reseal });

const envelope = (clause: string, change: (envelope: Envelope) => Readonly<Record<string, unknown>>): Lie => ({
  clause,
  envelope: (before) => ({ ...before, ...change(before) }) as Envelope,
});

const transactions = (clause: string, change: (list: readonly string[]) => readonly string[]): Lie =>
  payload(clause, (before) => ({ transactions: change(before.transactions) }), "execution");

const text = (clause: string, change: (answer: string) => string): Lie => ({ clause, text: change });

const plusOne = (value: string): string => quantity(BigInt(value) + 1n);

/** Every way of being wrong that the engine contract names (section 3.3), and some that only text can have. */
export const LIES: readonly [Lie, ...Lie[]] = [
  payload("V-1", () => ({ parentHash: digest("another parent") })),
  { clause: "V-1 a sibling of the parent", sibling: true },
  payload("V-2", (p) => ({ timestamp: plusOne(p.timestamp) })),
  payload("V-3", () => ({ prevRandao: digest("another randao") })),
  payload("V-4", () => ({ feeRecipient: bytesOf(0xbadn, 20) })),
  payload("V-5", (p) => ({ gasLimit: plusOne(p.gasLimit) })),
  payload("V-6", (p) => ({ blockNumber: plusOne(p.blockNumber) })),
  transactions("V-7 missing deposit", (list) => list.slice(1)),
  transactions("V-7 other deposit", ([, ...rest]) => [`0x7e${"ab".repeat(260)}`, ...rest]),
  transactions("V-7 one more deposit", (list) => [...list, `0x7e${"cd".repeat(260)}`]),
  transactions("V-7 user transaction first", (list) => [...list.slice(1), ...list.slice(0, 1)]),
  payload("V-7 empty transaction", (p) => ({ transactions: [...p.transactions, "0x"] })),
  payload("V-8", () => ({
    withdrawals: [{ index: "0x0", validatorIndex: "0x0", address: bytesOf(1, 20), amount: "0x1" }],
  })),
  envelope("V-9 other", () => ({ parentBeaconBlockRoot: digest("another beacon root") })),
  text("V-9 missing", (answer) => answer.replace(/,"parentBeaconBlockRoot":"0x[0-9a-f]{64}"/, "")),
  payload("V-10", () => ({ extraData: "0x01000000fa0000000700000000000f4240" })),
  payload("V-11 excess", () => ({ excessBlobGas: "0x1" })),
  transactions("V-11 blob transaction", (list) => [...list, "0x03f87001"]),
  envelope("V-12 requests", () => ({ executionRequests: ["0x00"] })),
  text("V-12 root missing", (answer) => answer.replace(/,"withdrawalsRoot":"0x[0-9a-f]{64}"/, "")),
  payload("V-13", (p) => ({ baseFeePerGas: plusOne(p.baseFeePerGas) })),
  transactions("V-15", (list) => [...list, `0x02${"00".repeat(60_000)}`]),
  transactions("V-16", (list) => list.slice(0, 1)),
  payload("INVALID state root", () => ({ stateRoot: digest("another state") })),
  payload("INVALID gas used", (p) => ({ gasUsed: plusOne(p.gasUsed) })),
  payload("INVALID hash", () => ({ blockHash: digest("another hash") }), "nothing"),
  text("leading zeros", (answer) => answer.replace('"gasUsed":"0x', '"gasUsed":"0x00')),
  text("a key twice", (answer) => answer.replace('"gasUsed":', '"GasUsed":"0x1","gasUsed":')),
  text("an escaped key", (answer) => answer.replace('"gasUsed":', '"gas\\u0055sed":')),
  text("an escape", (answer) => answer.replace('"extraData":"0x01', '"extraData":"0x\\u00301')),
  text("no JSON around the payload", (answer) =>
    answer.replace('"shouldOverrideBuilder":false', '"shouldOverrideBuilder":flase'),
  ),
  text("a bad escape around the payload", (answer) =>
    answer.replace('"shouldOverrideBuilder":false', '"shouldOverrideBuilder":"\\x"'),
  ),
  text("another id", (answer) => answer.replace('"id":1,', '"id":7,')),
  text("an error beside the result", (answer) => answer.replace(/}$/, ',"error":{"code":-32000,"message":"but"}}')),
  text("null", () => '{"jsonrpc":"2.0","id":1,"result":null}'),
  text("a list", () => '[{"jsonrpc":"2.0","id":1,"result":null}]'),
  text("half", (answer) => answer.slice(0, answer.length / 2)),
];

/** Strange, but the block that was asked for: may be handed out. */
export const ODDITIES: readonly [Lie, ...Lie[]] = [
  text("a lot around the result", (answer) => answer.replace(/}$/, `,"comment":"${"z".repeat(3_000)}"}`)),
  text("a field of the next fork", (answer) => answer.replace('"gasUsed":', '"nextFork":"0x1","gasUsed":')),
  text("white space", (answer) => answer.replaceAll(",", " ,\n ")),
];
