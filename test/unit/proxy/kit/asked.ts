import type { OwnPayload } from "../../../../proxy/engine-api/own-payload.ts";
import type { Asked } from "../../../../proxy/selection/attribute-checks.ts";
import { attributesOf, PARENT } from "./block.ts";

/** What the fixture's payload is compared with, some of it changed. */
export const askedOf = (
  change: {
    readonly parentNumber?: bigint | undefined;
    readonly attributes?: Readonly<Record<string, unknown>>;
    /** Changes the attributes' text: for numbers that JavaScript cannot write. */
    readonly attributesText?: (text: string) => string;
    readonly own?: OwnPayload | undefined;
    readonly chainParams?: string;
    readonly withdrawalsRoot?: boolean;
    readonly payloadBytesMax?: number;
  } = {},
): Asked => ({
  job: {
    parentHash: PARENT,
    parentNumber: "parentNumber" in change ? change.parentNumber : 41n,
    attributes: attributesOf(change.attributes, change.attributesText),
  },
  version: { withdrawalsRoot: change.withdrawalsRoot ?? true },
  own: change.own,
  chainParams: change.chainParams,
  payloadBytesMax: change.payloadBytesMax ?? 4_800_000,
});
