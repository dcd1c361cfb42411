import type { KubeObject } from "../../../operator/kubernetes/kube-object.ts";

export type ConditionSeen = {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
};

/** The condition of an object's status, if it has it. */
export function conditionOf(object: KubeObject | undefined, type: string): ConditionSeen | undefined {
  const status = object?.status as { readonly conditions?: readonly ConditionSeen[] } | undefined;
  return status?.conditions?.find((condition) => condition.type === type);
}
