import { z } from "zod";
import { type Problem, problemsOf, unknownFieldsOf } from "./problems.ts";

/** The version of the document's shape. A new field does not raise it; a field that changes its meaning does. */
export const CONFIG_SCHEMA_VERSION = 1;

/** One pairing has one builder; the bound keeps a wrong document from making a proxy talk to the world. */
const BUILDERS_MAX = 1;

/** op-node gives an Engine API call 10 s (E-5): a decision that takes longer could never be handed out. */
const DEADLINE_MS_MAX = 8_000;

const httpUrl = z
  .url({ protocol: /^https?$/, error: "an http:// or https:// URL" })
  .max(2_048)
  .refine((url) => !hasCredentials(url), { error: "a URL without user name and password" })
  .meta({ description: "An http:// or https:// URL without credentials." });

/** A sequencer's or builder's name: it ends in file names, Kubernetes names and metric labels (RFC 1035 label). */
export const Name = z
  .string()
  .regex(/^[a-z]([-a-z0-9]*[a-z0-9])?$/, { error: "lower-case letters, digits and '-', first a letter, at most 30" })
  .max(30);

/** A file in the proxy's secrets folder. A bare name, so that no document can point at another file of the machine. */
const secretFile = z
  .string()
  .regex(/^[A-Za-z0-9][-._A-Za-z0-9]{0,251}$/, { error: "a file name in the secrets folder, without '/'" });

/** `enabled`: builders are asked. `disabled`: the emergency shut-off, nothing reaches a builder. */
export const ExecutionMode = z.enum(["enabled", "disabled"]);
export type ExecutionMode = z.infer<typeof ExecutionMode>;

const Builder = z.object({
  name: Name,
  url: httpUrl,
  jwtSecretFile: secretFile,
});
export type BuilderConfig = z.infer<typeof Builder>;

/**
 * The proxy's one config document: a file at start, the same by `PUT /config`. It holds no secret, only the names of
 * files that do. Unknown fields are kept out and reported (`unknownFieldsOf`), as a newer operator may send them.
 */
export const ConfigFile = z.object({
  schemaVersion: z.literal(CONFIG_SCHEMA_VERSION),
  /** Rises with every change. A proxy ignores a lower one and refuses an equal one with other content. */
  revision: z.int().min(0),
  cluster: Name,
  sequencer: Name,
  role: z.enum(["sequencer"]),
  executionMode: ExecutionMode,
  executionClient: z.object({
    /** Engine API, JWT required. */
    url: httpUrl,
    /** Plain JSON-RPC: what the rpc port passes to. */
    rpcUrl: httpUrl,
    jwtSecretFile: secretFile,
  }),
  /** The secret op-node signs with; the execution client's own unless given, so that op-node changes only its URL. */
  inboundJwtSecretFile: secretFile.optional(),
  builders: z
    .array(Builder)
    .max(BUILDERS_MAX)
    .refine((builders) => new Set(builders.map((b) => b.name)).size === builders.length, {
      error: "builders with different names",
    }),
  timing: z
    .object({
      blockTimeMs: z.int().min(100).max(60_000),
      /** How long getPayload waits for a builder, from the moment op-node asked. */
      builderDeadlineMs: z.int().min(10).max(DEADLINE_MS_MAX),
      /** When the choice must be made, validation included, from the moment op-node asked. */
      decisionDeadlineMs: z.int().min(20).max(DEADLINE_MS_MAX),
    })
    .refine((timing) => timing.builderDeadlineMs < timing.decisionDeadlineMs, {
      path: ["decisionDeadlineMs"],
      error: "more than builderDeadlineMs: validation comes after the builder's answer",
    }),
});
export type ConfigFile = z.infer<typeof ConfigFile>;

export type ParsedConfig =
  | { readonly kind: "valid"; readonly config: ConfigFile; readonly unknownFields: readonly string[] }
  | { readonly kind: "invalid"; readonly problems: readonly Problem[] };

/** Parses a config document: the config and the fields it does not know, or every problem at once. Never throws. */
export function parseConfigFile(document: unknown): ParsedConfig {
  const parsed = ConfigFile.safeParse(document);
  return parsed.success
    ? { kind: "valid", config: parsed.data, unknownFields: unknownFieldsOf(document, parsed.data) }
    : { kind: "invalid", problems: problemsOf(parsed.error, document) };
}

/** The deadlines that follow from the block time unless they are set: builder 10 %, decision 25 %. */
export const defaultTiming = (blockTimeMs: number): ConfigFile["timing"] => ({
  blockTimeMs,
  builderDeadlineMs: Math.round(blockTimeMs / 10),
  decisionDeadlineMs: Math.round(blockTimeMs / 4),
});

const hasCredentials = (url: string): boolean => {
  const parsed = URL.parse(url);
  return parsed !== null && (parsed.username !== "" || parsed.password !== "");
};
