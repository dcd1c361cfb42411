import { problemText } from "../../proxy/contract/problems.ts";
import { childTaken, invalidSpec } from "../api/conditions.ts";
import { parseCluster } from "../api/parse-cluster.ts";
import { applyPlan } from "../apply/apply-plan.ts";
import type { ApplyIo } from "../apply/apply-sequencer.ts";
import { writeStatus } from "../apply/write-status.ts";
import { nowOf, type ObserveIo, observeCluster, previousStatusOf } from "../observe/observe-cluster.ts";
import type { PlanOptions } from "../plan/model.ts";
import { plan } from "../plan/plan.ts";
import { statusWith } from "../plan/status.ts";
import type { HandleResult } from "./work-queue.ts";

export type ReconcileIo = ObserveIo & ApplyIo & { readonly planOptions: PlanOptions };

/** Leadership, builders and Secrets change without an event: this often they are looked at. */
const POLL_MS = 1_000;
/** After a write its effect is looked at soon: the next revision is read back, the status follows. */
const SOON_MS = 200;

/** One look at one cluster (`namespace/name`): observe, plan, apply. Throws when something has to be tried again. */
export async function reconcile(key: string, io: ReconcileIo, signal: AbortSignal): Promise<HandleResult> {
  const object = io.caches.get("clusters", key);
  if (object === undefined) {
    io.writer.forget(key);
    return {};
  }
  // Its children go by their owner references.
  if (object.metadata.deletionTimestamp !== undefined) return {};

  const parsed = parseCluster(object);
  if (parsed.kind === "invalid") {
    // What runs goes on running: a person has to mend the spec.
    const findings = invalidSpec(parsed.problems.map(problemText));
    const status = statusWith(findings, object.metadata.generation, previousStatusOf(object), nowOf(io));
    await writeStatus(io.client, object, status, signal);
    return {};
  }
  const snapshot = await observeCluster(parsed.cluster, object, io, signal);
  const planned = plan(parsed.cluster, snapshot.observed, io.planOptions);
  const outcome = await applyPlan(planned, object, snapshot, io, signal);

  const taken = outcome.taken[0];
  const status =
    taken === undefined
      ? planned.status
      : statusWith(childTaken(taken.kind, taken.metadata.name), object.metadata.generation, planned.status, nowOf(io));
  await writeStatus(io.client, object, status, signal);
  if (outcome.errors.length > 0) throw outcome.errors[0];
  return { requeueAfterMs: outcome.wrote ? SOON_MS : POLL_MS };
}
