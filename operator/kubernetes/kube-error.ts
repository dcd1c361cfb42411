import { z } from "zod";

const Cause = z.looseObject({
  reason: z.string().optional(),
  field: z.string().optional(),
  message: z.string().optional(),
});

const Status = z.looseObject({
  message: z.string().optional(),
  reason: z.string().optional(),
  details: z
    .looseObject({
      retryAfterSeconds: z.number().optional(),
      causes: z.array(Cause).optional(),
    })
    .optional(),
});

/** However long the API server asks for, it is looked again: nothing tells when it is well. */
const RETRY_AFTER_MAX_MS = 60_000;

/** What the API server answered instead of what was asked for. */
export class KubeError extends Error {
  override readonly name = "KubeError";
  /** HTTP status. */
  readonly code: number;
  /** `NotFound`, `Conflict`, `Invalid`... as in metav1.Status; empty when the answer was none. */
  readonly reason: string;
  /** How long the API server wants to be left alone, a minute at most. */
  readonly retryAfterMs: number | undefined;

  /** What exactly was wrong, where the API server says it: fields that another manager holds, fields that are not valid. */
  readonly causes: readonly z.infer<typeof Cause>[];

  constructor(request: string, answer: { code: number; body: string; retryAfter: string | undefined }) {
    const status = parsed(answer.body);
    const about = status.message ?? "";
    super(`${request}: ${answer.code} ${status.reason ?? ""}${about === "" ? "" : `: ${about}`}`);
    this.code = answer.code;
    this.reason = status.reason ?? "";
    this.causes = status.details?.causes ?? [];
    const seconds = Number(answer.retryAfter ?? status.details?.retryAfterSeconds ?? Number.NaN);
    this.retryAfterMs = Number.isFinite(seconds) ? Math.min(seconds * 1_000, RETRY_AFTER_MAX_MS) : undefined;
  }
}

/** Whether `error` is the API server's answer with this HTTP status. */
export const isKubeError = (error: unknown, code: number): error is KubeError =>
  error instanceof KubeError && error.code === code;

function parsed(body: string): z.infer<typeof Status> {
  try {
    const status = Status.safeParse(JSON.parse(body));
    return status.success ? status.data : {};
  } catch {
    return {};
  }
}
