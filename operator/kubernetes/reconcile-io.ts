import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import { ChildWriter } from "../apply/child-writer.ts";
import { pushConfig } from "../apply/config-push.ts";
import { PushMemory } from "../apply/push-memory.ts";
import type { ReconcileIo } from "../controller/reconcile.ts";
import type { Caches } from "../observe/caches.ts";
import { observeLeadership } from "../observe/conductor-client.ts";
import { observeProxy } from "../observe/proxy-client.ts";
import { SecretReader } from "../observe/secret-reader.ts";
import type { PlanOptions } from "../plan/model.ts";
import type { Clock } from "./clock.ts";
import type { KubeClient } from "./kube-client.ts";

export type ReconcileIoDependencies = {
  readonly client: KubeClient;
  readonly caches: Caches;
  readonly clock: Clock;
  readonly log: Logger;
};

/**
 * One hung op-conductor or proxy must not hold up the shut-off for the others, which is to arrive within a second: a
 * look that is under way and the next one have to fit.
 */
const ASK_DEADLINE_MS = 400;

const ADMIN_TOKEN_BYTES = 32;

/** The outside world as a reconcile meets it. */
export function reconcileIo(
  planOptions: PlanOptions,
  { client, caches, clock, log }: ReconcileIoDependencies,
): ReconcileIo {
  const pushes = new PushMemory();
  return {
    client,
    caches,
    planOptions,
    secrets: new SecretReader({ client, clock }),
    writer: new ChildWriter({ client, log }),
    nowMs: clock.wallMs,
    newAdminToken: () => randomBytes(ADMIN_TOKEN_BYTES).toString("hex"),
    leadershipOf: (cluster, signal) =>
      observeLeadership(cluster, AbortSignal.any([signal, AbortSignal.timeout(ASK_DEADLINE_MS)])),
    askProxy: async (proxy, signal) => {
      const deadline = AbortSignal.timeout(ASK_DEADLINE_MS);
      const observed = await observeProxy(proxy, AbortSignal.any([signal, deadline]));
      const isLate = deadline.aborted && observed.status === undefined;
      const problem = `its admin port gave no answer within ${ASK_DEADLINE_MS} ms`;
      return pushes.recall(isLate ? { ...observed, problem } : observed);
    },
    pushConfig: async (proxy, document, adminToken, signal) => {
      const outcome = await pushConfig({ adminUrl: proxy.adminUrl, adminToken }, document, signal);
      pushes.remember(proxy, outcome);
      log.info({ proxy: proxy.name, pushed: document.revision, ...outcome }, "config pushed");
    },
  };
}
