import type { FallbackReason, Leadership } from "../contract/status.ts";
import type { PayloadAttributes } from "../engine-api/forkchoice.ts";

/** An id a payload job has at one upstream. Ids differ between clients (E-17), so the two cannot be mixed up. */
export type PayloadId<Owner extends "execution_client" | "builder"> = string & { readonly owner?: Owner };

/** What a builder said to the job's FCU. `not_needed`: it was not sent, as a balancer before it has the job. */
export type BuilderJob =
  | { readonly kind: "building"; readonly payloadId: PayloadId<"builder"> }
  | {
      readonly kind: "not_building";
      readonly reason: FallbackReason | "not_needed";
      readonly detail: string | undefined;
      /** It never left: a newer job took its place, or what waits for this builder was dropped. */
      readonly isDropped?: boolean;
    };

/** Bytes that were handed out for a job, kept to be handed out again (E-16). */
export type HandedOut = {
  readonly source: "builder" | "execution_client";
  readonly builder?: string;
  readonly blockHash: string;
  readonly blockNumber: number;
  /** The getPayload result, as it came. */
  readonly result: Buffer;
};

/** A wired builder that was sent a job's FCU, and what it says to it when it does. */
export type AskedBuilder<Handle> = { readonly handle: Handle; readonly answer: Promise<BuilderJob> };

/** The builders that were asked, in the order of the config, and what for; or why none was. */
export type JobBuilders<Handle> =
  | {
      readonly kind: "asked";
      readonly asked: readonly AskedBuilder<Handle>[];
      readonly attributes: PayloadAttributes;
    }
  | { readonly kind: "not_asked"; readonly reason: FallbackReason };

/** One FCU with attributes: what was asked for, and who is at it. */
export type PayloadJob<Handle> = {
  readonly payloadId: PayloadId<"execution_client">;
  readonly parentHash: string;
  /** Undefined while no block of that hash went through this process. */
  readonly parentNumber: bigint | undefined;
  readonly builders: JobBuilders<Handle>;
  /** What the sequencer's own op-conductor said to this job, once it has; absent where it was not asked. */
  readonly leadership?: () => Leadership | undefined;
};
