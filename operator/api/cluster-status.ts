import { z } from "zod";
import { ExecutionMode } from "../../proxy/contract/config-file.ts";
import { BuilderState } from "../../proxy/contract/status.ts";

/** Longest text the operator writes into a status field. */
export const STATUS_TEXT_LENGTH_MAX = 1_024;

const text = z.string().max(STATUS_TEXT_LENGTH_MAX);
const name = z.string().max(63);
const time = z.string().meta({ format: "date-time" });

/** A Kubernetes condition (metav1.Condition). */
export const Condition = z.object({
  type: z.string().max(316),
  status: z.enum(["True", "False", "Unknown"]),
  observedGeneration: z.int().optional(),
  /** Moves only when `status` changes. */
  lastTransitionTime: time,
  reason: text,
  message: z.string().max(32_768),
});
export type Condition = z.infer<typeof Condition>;

/** What a sequencer's own op-conductor and its peers say (C-18); `unknown` keeps the wiring as it is. */
export const Leadership = z.enum(["leader", "follower", "unknown"]);
export type Leadership = z.infer<typeof Leadership>;

const SequencerStatus = z.object({
  name,
  leader: Leadership.meta({ description: "Whether this sequencer leads, as the op-conductors say." }),
  proxyAvailable: z.boolean().meta({ description: "Whether the sequencer's proxy serves." }),
  desiredRevision: z.int().optional().meta({ description: "Revision of the config document it should run." }),
  confirmedRevision: z.int().optional().meta({ description: "Lowest revision its proxies report; absent: no answer." }),
  builders: z.array(name).max(16).meta({ description: "Builders the proxy reports as wired." }),
  executionMode: ExecutionMode.optional().meta({ description: "Execution mode the proxy reports." }),
  problem: text.optional().meta({ description: "What is wrong with this proxy, and what to do." }),
});
export type SequencerStatus = z.infer<typeof SequencerStatus>;

const BuilderStatus = z.object({
  name,
  state: BuilderState.meta({
    description: "What the proxies see: healthy, lagging, silent, benched; unknown: not asked yet.",
  }),
  reason: text.optional().meta({ description: "Why the state is not healthy." }),
  since: time.optional().meta({ description: "Since when the builder is in this state." }),
  wiredTo: z.array(name).max(16).meta({ description: "Sequencers whose config names this builder." }),
});
export type BuilderStatus = z.infer<typeof BuilderStatus>;

/** `status` of a RollupBoostCluster. Written whole, and only when something in it changed. */
export const ClusterStatus = z
  .object({
    observedGeneration: z.int().optional().meta({ description: "Generation of the spec this status speaks about." }),
    conditions: z
      .array(Condition)
      .max(16)
      .optional()
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] }),
    leader: name.optional().meta({ description: "Name of the sequencer that leads; absent while it is not known." }),
    summary: z
      .object({
        proxies: text.meta({ description: "Proxies that run the desired revision, of all: 3/3." }),
        builders: text.meta({ description: "Healthy builders, of all: 2/3." }),
      })
      .optional(),
    sequencers: z
      .array(SequencerStatus)
      .max(16)
      .optional()
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] }),
    builders: z
      .array(BuilderStatus)
      .max(16)
      .optional()
      .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"] }),
  })
  .meta({ description: "What was found. Written by the operator." });
export type ClusterStatus = z.infer<typeof ClusterStatus>;
