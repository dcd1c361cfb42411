import type { ForkRules } from "./fork.ts";
import { digest } from "./hex.ts";
import { JsonRpcError, rpcCodes } from "./json-rpc.ts";
import { stringifyLossless } from "./lossless-json.ts";

/** Payload attributes V3 as op-node sends them (E-12). */
export type PayloadAttributes = {
  readonly timestamp: string;
  readonly prevRandao: string;
  readonly suggestedFeeRecipient: string;
  readonly withdrawals: readonly unknown[];
  readonly parentBeaconBlockRoot: string;
  /** Absent when empty. */
  readonly transactions?: readonly string[];
  /** Absent when false. */
  readonly noTxPool?: boolean;
  readonly gasLimit: string;
  /** From Holocene on. */
  readonly eip1559Params?: string;
  /** From Jovian on. A JSON number on the wire, up to 2^64-1. */
  readonly minBaseFee?: number | bigint;
};

/** EIP-1559 denominator 250 and elasticity 6: what eip1559Params of zeros stand for. */
const CHAIN_EIP1559_PARAMS = "000000fa00000006";

/** The attributes of a call's parameter. Throws -38003 with go-ethereum's words when they are not fit for the fork. */
export function attributesOf(param: unknown, headTimestamp: bigint, rules: ForkRules): PayloadAttributes {
  const attributes = param as Partial<PayloadAttributes>;
  if (typeof attributes.timestamp !== "string" || BigInt(attributes.timestamp) <= headTimestamp) {
    throw invalidAttributes("invalid timestamp");
  }
  if (typeof attributes.parentBeaconBlockRoot !== "string") throw invalidAttributes("missing beacon root");
  if (!Array.isArray(attributes.withdrawals)) throw invalidAttributes("missing withdrawals");
  if (typeof attributes.gasLimit !== "string") throw invalidAttributes("gasLimit parameter is required");
  if (typeof attributes.prevRandao !== "string" || typeof attributes.suggestedFeeRecipient !== "string") {
    throw invalidAttributes("missing prevRandao or suggestedFeeRecipient");
  }
  if (rules.eip1559Params !== (typeof attributes.eip1559Params === "string")) {
    throw invalidAttributes("eip1559Params given in the wrong fork, or missing");
  }
  return attributes as PayloadAttributes;
}

const invalidAttributes = (reason: string): JsonRpcError =>
  new JsonRpcError(rpcCodes.invalidPayloadAttributes, "Invalid payload attributes", { err: reason });

/** The extraData these attributes ask for: `00|params` from Holocene, `01|params|minBaseFee` from Jovian (V-10). */
export function extraDataOf(attributes: PayloadAttributes, rules: ForkRules): string {
  if (!rules.eip1559Params) return "0x";
  const asked = (attributes.eip1559Params ?? "0x").slice(2);
  const params = /^0*$/.test(asked) ? CHAIN_EIP1559_PARAMS : asked;
  if (!rules.minBaseFee) return `0x00${params}`;
  return `0x01${params}${BigInt(attributes.minBaseFee ?? 0)
    .toString(16)
    .padStart(16, "0")}`;
}

/** The same id for the same head and attributes (E-17); `salt` makes clients of other makes give other ids. */
export const payloadIdOf = (headHash: string, attributes: PayloadAttributes, salt: string): string =>
  `0x03${digest(salt, headHash, stringifyLossless(attributes)).slice(2, 16)}`;
