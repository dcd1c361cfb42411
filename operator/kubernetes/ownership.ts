import type { KubeObject } from "./kube-object.ts";

/** Whether the object's controller is the one with this uid. Labels and names prove nothing. */
export const isOwnedBy = (object: KubeObject, ownerUid: string): boolean =>
  object.metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === ownerUid) ?? false;
