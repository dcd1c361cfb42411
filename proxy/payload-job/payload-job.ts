import type { FallbackReason } from "../contract/status.ts";
import type { PayloadAttributes } from "../engine-api/forkchoice.ts";

/** An id a payload job has at one upstream. Ids differ between clients (E-17), so the two cannot be mixed up. */
export type PayloadId<Owner extends "execution_client" | "builder"> = string & { readonly owner?: Owner };

/** What a builder said to the job's FCU. */
export type BuilderJob =
  | { readonly kind: "building"; readonly payloadId: PayloadId<"builder"> }
  | { readonly kind: "not_building"; readonly reason: FallbackReason; readonly detail: string | undefined };

/** Bytes that were handed out for a job, kept to be handed out again (E-16). */
export type HandedOut = {
  readonly source: "builder" | "execution_client";
  readonly builder?: string;
  readonly blockHash: string;
  readonly blockNumber: number;
  /** The getPayload result, as it came. */
  readonly result: Buffer;
};

/** One FCU with attributes: what was asked for, and who is at it. */
export type PayloadJob<Handle> = {
  readonly payloadId: PayloadId<"execution_client">;
  readonly parentHash: string;
  /** Undefined while no block of that hash went through this process. */
  readonly parentNumber: bigint | undefined;
  readonly attributes: PayloadAttributes;
  /** The wired builder and its answer to the FCU, or why none was asked. */
  readonly builder:
    | { readonly kind: "asked"; readonly handle: Handle; readonly answer: Promise<BuilderJob> }
    | { readonly kind: "not_asked"; readonly reason: FallbackReason };
};
