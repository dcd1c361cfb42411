import { z } from "zod";
import { Leadership } from "../contract/status.ts";

/**
 * Who calls a balancer, in the JWT's claims: the standard `id` of the Engine API's authentication, here the sequencer's name,
 * and `leadership`, a claim of our own. Engines ignore both (E-2).
 */
export type CallerClaims = {
  /** Undefined for a caller that does not say, such as an op-node itself. */
  readonly id: string | undefined;
  readonly leadership: Leadership;
};

const ID_LENGTH_MAX = 64;

const Claims = z.object({
  id: z.string().max(ID_LENGTH_MAX).optional().catch(undefined),
  leadership: Leadership.catch("unknown"),
});

/** Reads a verified token's claims; what is missing or of another shape is unknown. */
export function callerClaimsOf(payload: unknown): CallerClaims {
  const { id, leadership } = Claims.parse(payload);
  return { id, leadership };
}
