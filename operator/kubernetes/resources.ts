import { API_VERSION, KIND, PLURAL } from "../api/names.ts";

/** A kind this operator reads or writes, and its place in the API. */
export type Resource = { readonly apiVersion: string; readonly kind: string; readonly plural: string };

/** Every kind this operator touches. RBAC rules and watches follow from it. */
export const resources = {
  clusters: { apiVersion: API_VERSION, kind: KIND, plural: PLURAL },
  deployments: { apiVersion: "apps/v1", kind: "Deployment", plural: "deployments" },
  configMaps: { apiVersion: "v1", kind: "ConfigMap", plural: "configmaps" },
  services: { apiVersion: "v1", kind: "Service", plural: "services" },
  secrets: { apiVersion: "v1", kind: "Secret", plural: "secrets" },
  podDisruptionBudgets: { apiVersion: "policy/v1", kind: "PodDisruptionBudget", plural: "poddisruptionbudgets" },
  networkPolicies: { apiVersion: "networking.k8s.io/v1", kind: "NetworkPolicy", plural: "networkpolicies" },
  serviceMonitors: { apiVersion: "monitoring.coreos.com/v1", kind: "ServiceMonitor", plural: "servicemonitors" },
  pods: { apiVersion: "v1", kind: "Pod", plural: "pods" },
  leases: { apiVersion: "coordination.k8s.io/v1", kind: "Lease", plural: "leases" },
  events: { apiVersion: "events.k8s.io/v1", kind: "Event", plural: "events" },
} as const satisfies Readonly<Record<string, Resource>>;

/** Path of the resource, in one namespace or (undefined) in all. */
export function collectionPath(resource: Resource, namespace: string | undefined): string {
  const root = resource.apiVersion.includes("/") ? `/apis/${resource.apiVersion}` : `/api/${resource.apiVersion}`;
  return namespace === undefined
    ? `${root}/${resource.plural}`
    : `${root}/namespaces/${encodeURIComponent(namespace)}/${resource.plural}`;
}

/** Path of one object. */
export const objectPath = (resource: Resource, namespace: string, name: string): string =>
  `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`;

/** The resource of a manifest. Throws for a kind this operator does not write. */
export function resourceOf(manifest: { readonly apiVersion: string; readonly kind: string }): Resource {
  const resource = Object.values(resources).find(
    (known) => known.apiVersion === manifest.apiVersion && known.kind === manifest.kind,
  );
  if (resource === undefined) throw new Error(`the plan names a ${manifest.apiVersion} ${manifest.kind}: unknown here`);
  return resource;
}
