import { createHash } from "node:crypto";
import type { PayloadAttributes } from "../engine-api/forkchoice.ts";
import { type JsonView, rawBytes, stringOf } from "../engine-api/json-view.ts";
import type { PayloadId } from "../payload-job/payload-job.ts";

/** What getPayloadV3, V4 and V5 ask of an id's first byte (E-11). */
const PAYLOAD_VERSION = "03";

const HASH_HEX_LENGTH = 14;

/**
 * A job's id: a hash of its head and attributes, so that the same request has the same id whoever sends it (E-17). Order,
 * spaces, letters' case and what Go leaves out (`null`, `false`) make no difference: clients write JSON differently.
 */
export function jobIdOf(headBlockHash: string, { body, view }: PayloadAttributes): PayloadId<"execution_client"> {
  const hash = createHash("sha256")
    .update(`${headBlockHash.toLowerCase()}:${canonical(body, view)}`)
    .digest("hex");
  return `0x${PAYLOAD_VERSION}${hash.slice(0, HASH_HEX_LENGTH)}`;
}

function canonical(body: Buffer, view: JsonView): string {
  switch (view.kind) {
    case "object": {
      const written = [...view.members].filter(([, value]) => value.kind !== "null" && value.kind !== "false");
      const sorted = written.toSorted(([a], [b]) => (a < b ? -1 : 1));
      return `{${sorted.map(([key, value]) => `${key}:${canonical(body, value)}`).join()}}`;
    }
    case "array":
      return `[${view.items.map((item) => canonical(body, item)).join()}]`;
    case "string":
      return `"${stringOf(body, view)?.toLowerCase()}"`;
    default:
      return rawBytes(body, view).toString("latin1");
  }
}
