import { z } from "zod";

const OwnerReference = z.looseObject({ uid: z.string(), controller: z.boolean().optional() });

const Metadata = z.looseObject({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string(),
  resourceVersion: z.string(),
  generation: z.int().optional(),
  labels: z.record(z.string(), z.string()).optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  ownerReferences: z.array(OwnerReference).optional(),
  deletionTimestamp: z.string().optional(),
});

/** An object as the API server sent it: what every object has is checked, the rest is kept as it came. */
export const KubeObject = z.looseObject({
  apiVersion: z.string().optional(),
  kind: z.string().optional(),
  metadata: Metadata,
});
export type KubeObject = z.infer<typeof KubeObject>;

/** `namespace/name`, or `name` of an object without namespace. */
export const keyOf = (object: KubeObject): string =>
  object.metadata.namespace === undefined
    ? object.metadata.name
    : `${object.metadata.namespace}/${object.metadata.name}`;

/** One page of a list, and where it stands in the history of the resource. */
export const KubeList = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({ resourceVersion: z.string().min(1), continue: z.string().optional() }),
  items: z.array(KubeObject),
});
export type KubeList = z.infer<typeof KubeList>;
