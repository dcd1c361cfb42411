import { ExecutionMode } from "../../proxy/contract/config-file.ts";
import { problemText } from "../../proxy/contract/problems.ts";
import {
  childTaken,
  type Finding,
  fieldsContested,
  invalidSpec,
  paused,
  serviceMonitorMissing,
} from "../api/conditions.ts";
import { RECONCILE_ANNOTATION } from "../api/names.ts";
import { parseCluster } from "../api/parse-cluster.ts";
import { type ApplyOutcome, type ApplyPlanIo, applyPlan } from "../apply/apply-plan.ts";
import type { EventRecorder } from "../apply/event-recorder.ts";
import type { StatusWriter } from "../apply/write-status.ts";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { nowOf, type ObserveIo, observeCluster, previousStatusOf, type Snapshot } from "../observe/observe-cluster.ts";
import { observeRunning } from "../observe/observe-running.ts";
import type { Plan, PlanOptions } from "../plan/model.ts";
import { plan } from "../plan/plan.ts";
import { shutOffPlan } from "../plan/shut-off-plan.ts";
import { statusAlso, statusWith } from "../plan/status.ts";
import { nextLook } from "./pace.ts";
import type { HandleResult } from "./work-queue.ts";

export type ReconcileIo = ObserveIo &
  ApplyPlanIo & {
    readonly statusWriter: StatusWriter;
    readonly events: Pick<EventRecorder, "tell" | "forget">;
    readonly planOptions: PlanOptions;
    /** In [0, 1). */
    readonly random: () => number;
  };

/** One look at one cluster (`namespace/name`): observe, plan, apply. Throws when something has to be tried again. */
export async function reconcile(key: string, io: ReconcileIo, signal: AbortSignal): Promise<HandleResult> {
  const object = io.caches.get("clusters", key);
  if (object === undefined) {
    io.writer.forget(key);
    io.forgetLeadership(key);
    io.secretRounds.forget(key);
    io.events.forget(key);
    return {};
  }
  // Its children go by their owner references.
  if (object.metadata.deletionTimestamp !== undefined) return {};

  const { planned, snapshot } = await look(object, io, signal);
  const outcome = await applyPlan(planned, object, snapshot, io, signal);

  const previous = previousStatusOf(object);
  const now = nowOf(io);
  const taken = outcome.taken[0];
  const status =
    taken === undefined
      ? planned.status
      : statusWith(childTaken(taken.kind, taken.name), object.metadata.generation, previous, now, planned.status);
  const told = statusAlso(status, troublesOf(key, outcome, io), previous, now);
  await io.statusWriter.write(object, told, now, signal);
  io.events.tell(key, object, previous, told);
  if (outcome.errors.length > 0) throw outcome.errors[0];
  return nextLook(outcome.wrote, status, io.caches.count("clusters"), io.random);
}

type Look = { readonly planned: Plan; readonly snapshot: Snapshot };

/** What is to be done. A cluster whose spec is not followed keeps what runs, but for the shut-off. */
async function look(object: KubeObject, io: ReconcileIo, signal: AbortSignal): Promise<Look> {
  const parsed = parseCluster(object);
  if (object.metadata.annotations?.[RECONCILE_ANNOTATION] === "disabled") {
    return await lookAtHeld(object, paused(`${RECONCILE_ANNOTATION}: disabled`), io, signal);
  }
  if (parsed.kind === "invalid") {
    return await lookAtHeld(object, invalidSpec(parsed.problems.map(problemText)), io, signal);
  }
  const snapshot = await observeCluster(parsed.cluster, object, io, signal);
  return { planned: plan(parsed.cluster, snapshot.observed, io.planOptions), snapshot };
}

async function lookAtHeld(
  object: KubeObject,
  findings: readonly Finding[],
  io: ReconcileIo,
  signal: AbortSignal,
): Promise<Look> {
  const { metadata } = object;
  const snapshot = await observeRunning(object, io, signal);
  const held = { metadata, generation: metadata.generation, executionMode: executionModeOf(object), findings };
  return { planned: shutOffPlan(held, snapshot.observed), snapshot };
}

/** The wanted mode alone, whatever the rest of the spec is like. */
const executionModeOf = ({ spec }: KubeObject): ExecutionMode | undefined =>
  typeof spec === "object" && spec !== null && "executionMode" in spec
    ? ExecutionMode.safeParse(spec.executionMode).data
    : undefined;

/** What does not keep the rest from working. */
function troublesOf(key: string, outcome: ApplyOutcome, io: ReconcileIo): readonly Finding[] {
  const conflicts = io.writer.conflictsOf(key);
  return [
    ...(conflicts.length === 0 ? [] : [fieldsContested(conflicts)]),
    ...(outcome.isMonitorKindAbsent ? [serviceMonitorMissing()] : []),
  ];
}
