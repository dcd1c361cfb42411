import { ClusterSpec } from "./cluster.ts";
import { CLUSTER_RULES } from "./cluster-rules.ts";
import { ClusterStatus } from "./cluster-status.ts";
import { CLUSTER_NAME_LENGTH_MAX, GROUP, KIND, PLURAL, VERSION } from "./names.ts";
import { structuralSchemaOf } from "./structural-schema.ts";

const condition = (type: string, field: string): string => `.status.conditions[?(@.type=="${type}")].${field}`;

/** What `kubectl get rbc` shows; with `-o wide` also those of priority 1. */
const PRINTER_COLUMNS = [
  { name: "Topology", type: "string", jsonPath: ".spec.topology" },
  { name: "Ready", type: "string", jsonPath: condition("Ready", "status") },
  { name: "Leader", type: "string", jsonPath: ".status.leader", description: "Sequencer that leads." },
  {
    name: "Proxies",
    type: "string",
    jsonPath: ".status.summary.proxies",
    description: "On the desired revision, of all.",
  },
  { name: "Builders", type: "string", jsonPath: ".status.summary.builders", description: "Healthy, of all." },
  { name: "Mode", type: "string", jsonPath: ".spec.executionMode", description: "Execution mode that is wanted." },
  { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  { name: "Reason", type: "string", jsonPath: condition("Ready", "reason"), priority: 1 },
] as const;

/** The CustomResourceDefinition, made from the zod schemas. Kept equal to the file in `crds/` by a test. */
export const rollupBoostClusterCrd = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: `${PLURAL}.${GROUP}` },
  spec: {
    group: GROUP,
    scope: "Namespaced",
    names: {
      plural: PLURAL,
      singular: KIND.toLowerCase(),
      kind: KIND,
      listKind: `${KIND}List`,
      shortNames: ["rbc"],
      categories: ["rollup-boost"],
    },
    versions: [
      {
        name: VERSION,
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: PRINTER_COLUMNS,
        schema: { openAPIV3Schema: rootSchema() },
      },
    ],
  },
};

function rootSchema() {
  return {
    type: "object",
    description: "Sequencers, their external builders, and how the proxies between them behave.",
    required: ["spec"],
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      metadata: {
        type: "object",
        properties: {
          name: { type: "string", maxLength: CLUSTER_NAME_LENGTH_MAX, pattern: "^[a-z]([-a-z0-9]*[a-z0-9])?$" },
        },
      },
      spec: {
        ...structuralSchemaOf(ClusterSpec),
        "x-kubernetes-validations": CLUSTER_RULES.map(({ cel, message, fieldPath }) => ({
          rule: cel,
          message,
          fieldPath,
        })),
      },
      // A new object without status would count as done (kstatus): -1 never equals a generation.
      status: { ...structuralSchemaOf(ClusterStatus), default: { observedGeneration: -1 } },
    },
  };
}
