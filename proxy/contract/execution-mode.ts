import { z } from "zod";
import { ExecutionMode } from "./config-file.ts";

const WHO_LENGTH_MAX = 200;
const WHY_LENGTH_MAX = 1_000;

/** What the admin API's hand holds, and who closed it, when and why. */
export const AdminHand = z.object({
  mode: ExecutionMode,
  who: z.string(),
  /** ISO 8601. */
  when: z.string(),
  why: z.string(),
});
export type AdminHand = z.infer<typeof AdminHand>;

/** The body of `PUT /execution-mode`. Frozen, so that every operator can shut off every proxy. `enabled` opens the admin's hand only. */
export const ExecutionModeRequest = z.object({
  mode: ExecutionMode,
  who: z.string().max(WHO_LENGTH_MAX).default("admin API"),
  why: z.string().max(WHY_LENGTH_MAX).default(""),
});

/** What `PUT /execution-mode` answers: what counts from the next getPayload on, and what each hand holds. */
export const ExecutionModeAnswer = z.object({
  effective: ExecutionMode,
  config: ExecutionMode,
  admin: AdminHand.optional(),
  /** The mode counts and a restart would forget it: why it is not on disk. Absent where it is. */
  notKept: z.string().optional(),
});
export type ExecutionModeAnswer = z.infer<typeof ExecutionModeAnswer>;
