import { z } from "zod";
import { ConfigFile, ExecutionMode, Name } from "../../proxy/contract/config-file.ts";
import { API_VERSION, CLUSTER_NAME_LENGTH_MAX, KIND } from "./names.ts";
import { NetworkPolicy, ServiceMonitor } from "./proxy-companions.ts";
import { INT_OR_STRING } from "./structural-schema.ts";

/** An odd number of op-conductors up to seven is common; the bound keeps CEL cost and the child count finite. */
const SEQUENCERS_MAX = 9;
const BUILDERS_MAX = 16;

/** Length of an image reference that registries still take: name 255, tag 128, digest 71, separators. */
const IMAGE_LENGTH_MAX = 512;

/** As the API server can say it: http or https, and no user name in front of the host. */
const httpUrl = ConfigFile.shape.executionClient.shape.url.meta({
  pattern: "^https?://[^/?#@\\s]+([/?#].*)?$",
});
const timing = ConfigFile.shape.timing.shape;

/** A key of a Kubernetes Secret in the cluster's own namespace. In standalone mode: of a Secret document or file. */
const JwtSecretRef = z
  .object({
    name: z
      .string()
      .regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/, {
        error: "the name of a Secret: lower-case letters, digits, '-', '.'",
      })
      .max(253)
      .meta({ description: "Name of the Secret, in the namespace of this RollupBoostCluster." }),
    key: z
      .string()
      .regex(/^[-._a-zA-Z0-9]*[-_a-zA-Z0-9][-._a-zA-Z0-9]*$/, {
        error: "a key of a Secret: letters, digits, '-', '_', '.'",
      })
      .max(253)
      .meta({ description: "Key in the Secret whose value is the JWT secret: 64 hexadecimal characters." }),
  })
  .meta({ description: "Where the JWT secret stands. It is referenced, never written into this object." });

const Sequencer = z.object({
  name: Name.meta({ description: "Unique in this cluster; the proxy's children are named <cluster>-<sequencer>." }),
  executionClient: z
    .object({
      url: httpUrl.meta({ description: "Engine API of the sequencer's own execution client (authrpc, often 8551)." }),
      rpcUrl: httpUrl.meta({ description: "Plain JSON-RPC of the same execution client (often 8545)." }),
      jwtSecretRef: JwtSecretRef,
    })
    .meta({ description: "The sequencer's own execution client: validates every block; its payload is the fallback." }),
  conductor: z
    .object({
      url: httpUrl.meta({ description: "JSON-RPC of the sequencer's op-conductor." }),
      raftServerId: z
        .string()
        .min(1)
        .max(253)
        .meta({ description: "The op-conductor's raft.server.id, by which the others name it as leader." }),
    })
    .optional()
    .meta({ description: "The sequencer's op-conductor. It is only read." }),
  builder: Name.optional().meta({ description: "Name of the builder this sequencer is paired with." }),
  proxy: z
    .object({
      url: httpUrl.meta({ description: "Admin URL of a proxy that runs elsewhere." }),
    })
    .optional()
    .meta({ description: "Standalone mode without --spawn only: where the sequencer's proxy runs." }),
});

const Builder = z.object({
  name: Name.meta({ description: "Unique in this cluster." }),
  url: httpUrl.meta({ description: "Engine API of the builder." }),
  jwtSecretRef: JwtSecretRef,
});

const Timing = z.object({
  blockTimeMs: timing.blockTimeMs.default(2_000).meta({ description: "The chain's block time in milliseconds." }),
  builderDeadlineMs: timing.builderDeadlineMs.optional().meta({
    description: "How long getPayload waits for a builder, in milliseconds. Default: 10 % of the block time.",
  }),
  decisionDeadlineMs: timing.decisionDeadlineMs.optional().meta({
    description: "When the choice is made, validation included, in milliseconds. Default: 25 % of the block time.",
  }),
});

const QUANTITY = /^[0-9]+(\.[0-9]+)?([KMGTPE]i|[mkMGTPE])?$/;

const Quantity = z
  .union([z.int().min(0), z.string().max(32).regex(QUANTITY)], { error: "a quantity such as 2, 500m or 256Mi" })
  .meta({ ...INT_OR_STRING, pattern: QUANTITY.source });

const Quantities = z
  .record(z.string().max(63), Quantity)
  .meta({ maxProperties: 8, description: "Kubernetes quantities by resource, e.g. cpu: 500m." });

const ProxySettings = z.object({
  image: z
    .string()
    .max(IMAGE_LENGTH_MAX)
    .optional()
    .meta({ description: "Image of the proxy. Empty or absent: the operator's own choice for its version." }),
  resources: z
    .object({ requests: Quantities.optional(), limits: Quantities.optional() })
    .optional()
    .meta({ description: "Resources of the proxy's container, as in a pod." }),
  networkPolicy: NetworkPolicy.optional().meta({
    description:
      "Makes a NetworkPolicy that lets only these reach the proxies. It needs a network plugin that enforces it.",
  }),
  serviceMonitor: ServiceMonitor.optional().meta({
    description: "Makes a ServiceMonitor for the proxies' metrics. It needs the Prometheus operator.",
  }),
});

/** `spec` of a RollupBoostCluster. What crosses fields stands in `cluster-rules.ts`. */
export const ClusterSpec = z
  .object({
    topology: z
      .enum(["OneToOne"])
      .meta({ description: "OneToOne: each sequencer is paired with one builder, its own." }),
    executionMode: ExecutionMode.default("enabled").meta({
      description:
        "enabled: builders are asked. dry_run: builders are asked and compared, their blocks never handed out. disabled: the emergency shut-off, nothing reaches a builder.",
    }),
    sequencers: z
      .array(Sequencer)
      .min(1)
      .max(SEQUENCERS_MAX)
      .meta({
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
        description: "The sequencers: op-node, execution client and op-conductor each. One proxy is run for each.",
      }),
    builders: z
      .array(Builder)
      .max(BUILDERS_MAX)
      .default([])
      .meta({
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
        description: "The external builders.",
      }),
    timing: Timing.prefault({}).meta({ description: "Deadlines; they follow the block time unless set." }),
    proxy: ProxySettings.prefault({}).meta({ description: "How the proxies run in Kubernetes." }),
  })
  .meta({ description: "What is wanted." });
export type ClusterSpec = z.infer<typeof ClusterSpec>;
export type SequencerSpec = ClusterSpec["sequencers"][number];

/** A parsed RollupBoostCluster: defaults applied, unknown fields of the spec dropped, other metadata kept. */
export const RollupBoostCluster = z.object({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal(KIND),
  metadata: z.looseObject({
    name: z
      .string()
      .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, {
        error: `lower-case letters, digits and '-', first a letter, at most ${CLUSTER_NAME_LENGTH_MAX}`,
      })
      .max(CLUSTER_NAME_LENGTH_MAX),
    namespace: z.string().optional(),
    uid: z.string().optional(),
    generation: z.int().optional(),
    resourceVersion: z.string().optional(),
  }),
  spec: ClusterSpec,
});
export type RollupBoostCluster = z.infer<typeof RollupBoostCluster>;
