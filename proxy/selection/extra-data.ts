import type { PayloadAttributes } from "../engine-api/forkchoice.ts";
import { type JsonView, member, rawBytes, stringOf } from "../engine-api/json-view.ts";

const ZERO_PARAMS = "0".repeat(16);

/**
 * The extraData the attributes ask for (V-10): Holocene `00‖eip1559Params`, Jovian `01‖eip1559Params‖minBaseFee` with 8
 * bytes, big endian. Zero params stand for the chain's own: `chainParams` (16 hex digits) where they are known, any where
 * they are not. Undefined before Holocene: only the execution client knows it.
 */
export function extraDataAsked({ body, view }: PayloadAttributes, chainParams?: string): RegExp | undefined {
  const params = paramsOf(body, view);
  if (params === undefined) return undefined;
  const minBaseFee = wholeNumber(body, member(view, "minBaseFee"));
  const version = minBaseFee === undefined ? "00" : "01";
  const suffix = minBaseFee?.toString(16).padStart(16, "0") ?? "";
  return new RegExp(`^0x${version}${params === ZERO_PARAMS ? (chainParams ?? "[0-9a-f]{16}") : params}${suffix}$`, "i");
}

/** The chain's own params, as the execution client's payload shows them where the attributes have zeros; else undefined. */
export function chainParamsOf({ body, view }: PayloadAttributes, ownExtraData: string): string | undefined {
  return paramsOf(body, view) === ZERO_PARAMS
    ? /^0x0[01]([0-9a-f]{16})([0-9a-f]{16})?$/i.exec(ownExtraData)?.[1]
    : undefined;
}

function paramsOf(body: Buffer, attributes: JsonView): string | undefined {
  const text = stringOf(body, member(attributes, "eip1559Params"))?.toLowerCase();
  return text !== undefined && /^0x[0-9a-f]{16}$/.test(text) ? text.slice(2) : undefined;
}

/** A JSON number, lossless: it may exceed 2^53 (E-12). */
function wholeNumber(body: Buffer, view: JsonView | undefined): bigint | undefined {
  const text = view?.kind === "number" ? rawBytes(body, view).toString("latin1") : "";
  return /^\d+$/.test(text) ? BigInt(text) : undefined;
}
