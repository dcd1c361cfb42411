import { createHash } from "node:crypto";

/** A JSON-RPC QUANTITY: canonical hex without leading zeros, or Go's decoder refuses it. */
export const quantity = (value: number | bigint): string => `0x${value.toString(16)}`;

/** A number of bytes, zero-padded, as hex. */
export const bytesOf = (value: number | bigint, length: number): string =>
  `0x${value.toString(16).padStart(2 * length, "0")}`;

/** How many bytes a hex string stands for. */
export const byteLength = (hex: string): number => (hex.length - 2) / 2;

/** 32 bytes that all simulated clients compute alike from the same parts. Stands in for keccak and Merkle roots. */
export function digest(...parts: readonly string[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\n");
  return `0x${hash.digest("hex")}`;
}

export const ZERO_HASH = bytesOf(0, 32);
