import type { Clock, Deadline } from "../clock.ts";
import type { FallbackReason } from "../contract/status.ts";
import type { ExecutionClient } from "../execution-client.ts";
import type { Verdict } from "../selection/choose-payload.ts";
import type { ValidationTime } from "../selection/validation-time.ts";
import type { NewPayloadVersion } from "./methods.ts";
import { type Envelope, newPayloadBody, viewPayloadStatus } from "./payload.ts";

/** One newPayload on the execution client, its time measured (F-11). SYNCING and ACCEPTED validate nothing. */
export async function validate(
  {
    executionClient,
    clock,
    validationTime,
  }: {
    readonly executionClient: ExecutionClient;
    readonly clock: Clock;
    readonly validationTime: ValidationTime;
  },
  envelope: Envelope,
  version: NewPayloadVersion,
  deadline: Deadline,
): Promise<Verdict> {
  const startedMs = clock.monotonicMs();
  const answer = await executionClient.engineCall(newPayloadBody(envelope, version), deadline);
  const tookMs = clock.monotonicMs() - startedMs;
  validationTime.took(tookMs);
  if (answer.kind === "late") return notValid("validation_late", tookMs);
  const verdict = answer.kind === "answered" && answer.status === 200 ? viewPayloadStatus(answer.body) : undefined;
  if (verdict === undefined) return notValid("validation_failed", tookMs);
  switch (verdict.status) {
    case "VALID":
      return { kind: "valid", tookMs };
    case "SYNCING":
    case "ACCEPTED":
      return notValid("validation_undecided", tookMs, verdict.status);
    default:
      return notValid("validation_invalid", tookMs, verdict.validationError);
  }
}

const notValid = (reason: FallbackReason, tookMs: number, detail?: string): Verdict => ({
  kind: "not_valid",
  reason,
  detail,
  tookMs,
});
