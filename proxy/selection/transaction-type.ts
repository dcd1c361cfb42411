import type { JsonView } from "../engine-api/json-view.ts";

/** Deposits, and blob transactions, which no OP chain has. */
export const DEPOSIT_TYPE = 0x7e;
export const BLOB_TYPE = 0x03;

/**
 * The first byte of a transaction in a list, which is its type (a legacy one's is above 0xbf); undefined where it is no text
 * of `0x` and at least one byte. A block has thousands of them, so nothing is copied.
 */
export function transactionType(body: Buffer, transaction: JsonView): number | undefined {
  const { kind, start, end } = transaction;
  if (kind !== "string" || end - start < QUOTES_PREFIX_AND_BYTE || body[start + 1] !== ZERO || body[start + 2] !== X) {
    return undefined;
  }
  const high = hexDigit(body[start + 3]);
  const low = hexDigit(body[start + 4]);
  return high === undefined || low === undefined ? undefined : high * 16 + low;
}

const QUOTES_PREFIX_AND_BYTE = 6;
const ZERO = 0x30;
const X = 0x78;

function hexDigit(byte: number | undefined): number | undefined {
  if (byte === undefined) return undefined;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : undefined;
}
