import type { z } from "zod";
import { problemsOf, problemText } from "../../proxy/contract/problems.ts";
import { ConfigPushAnswer, ProxyStatus } from "../../proxy/contract/status.ts";
import type { ProxyObserved } from "../plan/model.ts";
import { httpJson } from "./http-json.ts";

/** A proxy answers its admin port in a few milliseconds; one that takes longer is shown as not answering. */
const STATUS_DEADLINE_MS = 1_000;

/** Written to disk before it is confirmed, so a little longer than a read. */
const PUSH_DEADLINE_MS = 2_000;

/** Longest list of problems that is repeated. */
const PROBLEMS_SHOWN_MAX = 5;

/** A newer proxy may know reasons we do not: what it tells about single blocks is then left out, not its status. */
const ReadableStatus = ProxyStatus.extend({
  blocks: ProxyStatus.shape.blocks.extend({
    byFallbackReason: ProxyStatus.shape.blocks.shape.byFallbackReason.catch({}),
  }),
  lastDecisions: ProxyStatus.shape.lastDecisions.catch([]),
});

/** `GET /status` of one proxy. Never rejects: one that does not answer has a `problem`. */
export async function observeProxy(
  proxy: Pick<ProxyObserved, "name" | "adminUrl" | "ready">,
  signal: AbortSignal,
): Promise<ProxyObserved> {
  const url = adminPath(proxy.adminUrl, "status");
  const answer = await httpJson({ method: "GET", url, signal, deadlineMs: STATUS_DEADLINE_MS });
  if (answer.kind === "failed") return { ...proxy, status: undefined, problem: `its admin port ${answer.problem}` };
  if (answer.statusCode !== 200) {
    return { ...proxy, status: undefined, problem: `GET /status answered HTTP ${answer.statusCode}` };
  }
  const status = ReadableStatus.safeParse(answer.value);
  return status.success
    ? { ...proxy, status: status.data }
    : { ...proxy, status: undefined, problem: `GET /status is not a proxy's: ${shown(status.error, answer.value)}` };
}

export type PutConfigAnswer =
  | { readonly kind: "answer"; readonly answer: ConfigPushAnswer }
  | { readonly kind: "failed"; readonly problem: string };

/** `PUT /config` of one proxy with the bytes as they were written. Never rejects; the token is in no answer. */
export async function putConfig(
  target: { readonly adminUrl: string; readonly adminToken: string },
  document: string,
  signal: AbortSignal,
): Promise<PutConfigAnswer> {
  const answer = await httpJson({
    method: "PUT",
    url: adminPath(target.adminUrl, "config"),
    headers: { authorization: `Bearer ${target.adminToken}` },
    body: document,
    signal,
    deadlineMs: PUSH_DEADLINE_MS,
  });
  if (answer.kind === "failed") return { kind: "failed", problem: `its admin port ${answer.problem}` };
  if (answer.statusCode === 401) {
    const problem = "refused the admin token: give the proxy the file admin-token that the operator has for it";
    return { kind: "failed", problem };
  }
  const parsed = ConfigPushAnswer.safeParse(answer.value);
  return parsed.success
    ? { kind: "answer", answer: parsed.data }
    : { kind: "failed", problem: `PUT /config answered HTTP ${answer.statusCode}, not as a proxy does` };
}

/** The admin URL may stand behind a path prefix, with or without a slash at the end. */
const adminPath = (adminUrl: string, path: string): URL =>
  new URL(path, adminUrl.endsWith("/") ? adminUrl : `${adminUrl}/`);

const shown = (error: z.ZodError, value: unknown): string =>
  problemsOf(error, value).slice(0, PROBLEMS_SHOWN_MAX).map(problemText).join("; ");
