import { z } from "zod";
import type { KubeObject } from "../kubernetes/kube-object.ts";
import { microTime } from "../kubernetes/micro-time.ts";

const API_VERSION = "coordination.k8s.io/v1";
const KIND = "Lease";

const Lease = z.looseObject({
  spec: z
    .looseObject({
      holderIdentity: z.string().nullish(),
      leaseDurationSeconds: z.int().nullish(),
      acquireTime: z.string().nullish(),
      renewTime: z.string().nullish(),
      leaseTransitions: z.int().nullish(),
    })
    .optional(),
});

/** What a Lease says. `text` changes with every renewal and with nothing else, such as an annotation. */
export type LeaseRecord = {
  /** Undefined: nobody, it was released. */
  readonly holder: string | undefined;
  readonly durationMs: number | undefined;
  readonly acquireTime: string | undefined;
  readonly transitions: number;
  readonly text: string;
};

/** Reads a Lease; what cannot be read counts as not there, so a broken one can be taken over. */
export function leaseRecordOf(object: KubeObject): LeaseRecord {
  const spec = Lease.safeParse(object).data?.spec ?? {};
  return {
    holder: spec.holderIdentity || undefined,
    durationMs: spec.leaseDurationSeconds ? spec.leaseDurationSeconds * 1_000 : undefined,
    acquireTime: spec.acquireTime ?? undefined,
    transitions: spec.leaseTransitions ?? 0,
    text: JSON.stringify(spec),
  };
}

/** The Lease as `identity` wants it: taken now, or renewed where it was the holder already. */
export function leaseHeldBy(
  identity: string,
  options: { readonly name: string; readonly namespace: string; readonly durationMs: number },
  before: KubeObject | undefined,
  wallMs: number,
): object {
  const now = microTime(wallMs);
  const record = before === undefined ? undefined : leaseRecordOf(before);
  const isRenewal = record?.holder === identity;
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: before?.metadata ?? { name: options.name, namespace: options.namespace },
    spec: {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(options.durationMs / 1_000),
      acquireTime: (isRenewal ? record.acquireTime : undefined) ?? now,
      renewTime: now,
      leaseTransitions: record === undefined ? 0 : record.transitions + (isRenewal ? 0 : 1),
    },
  };
}

/** The Lease as its holder leaves it: free for anyone at once. */
export function leaseReleased(held: KubeObject, wallMs: number): object {
  const now = microTime(wallMs);
  const { transitions } = leaseRecordOf(held);
  return {
    apiVersion: API_VERSION,
    kind: KIND,
    metadata: held.metadata,
    spec: {
      holderIdentity: "",
      leaseDurationSeconds: 1,
      acquireTime: now,
      renewTime: now,
      leaseTransitions: transitions,
    },
  };
}
