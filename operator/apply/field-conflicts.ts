import type { FieldConflict } from "../api/conditions.ts";
import type { Clock } from "../kubernetes/clock.ts";
import { KubeError } from "../kubernetes/kube-error.ts";

/** A conflict is over as soon as the field is set back: this long it is told all the same. */
const TOLD_FOR_MS = 600_000;
const CONFLICTS_KEPT = 32;

/** Fields that another manager has set to another value, and its name; none when the error is another one. */
export function contestedFieldsOf(error: unknown): readonly Pick<FieldConflict, "field" | "manager">[] {
  if (!(error instanceof KubeError)) return [];
  return error.causes
    .filter(({ reason }) => reason === "FieldManagerConflict")
    .map(({ field = "", message = "" }) => ({ field, manager: /"([^"]+)"/.exec(message)?.[1] ?? "another manager" }));
}

/** What was set back lately, by cluster. */
export class ConflictMemory {
  readonly #clock: Pick<Clock, "monotonicMs">;
  readonly #conflicts = new Map<string, Map<string, { readonly conflict: FieldConflict; readonly atMs: number }>>();

  constructor(clock: Pick<Clock, "monotonicMs">) {
    this.#clock = clock;
  }

  note(clusterKey: string, conflicts: readonly FieldConflict[]): void {
    const kept = this.#conflicts.get(clusterKey) ?? new Map();
    this.#conflicts.set(clusterKey, kept);
    const atMs = this.#clock.monotonicMs();
    for (const conflict of conflicts) {
      const key = `${conflict.kind} ${conflict.name} ${conflict.field} ${conflict.manager}`;
      if (kept.has(key) || kept.size < CONFLICTS_KEPT) kept.set(key, { conflict, atMs });
    }
  }

  /** In an order that does not change. */
  of(clusterKey: string): readonly FieldConflict[] {
    const kept = this.#conflicts.get(clusterKey);
    if (kept === undefined) return [];
    const since = this.#clock.monotonicMs() - TOLD_FOR_MS;
    for (const [key, { atMs }] of kept) if (atMs < since) kept.delete(key);
    return [...kept].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, { conflict }]) => conflict);
  }

  forget(clusterKey: string): void {
    this.#conflicts.delete(clusterKey);
  }
}
