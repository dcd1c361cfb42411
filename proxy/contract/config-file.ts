import { z } from "zod";
import { isSecret, type Problem, problemsOf, unknownFieldsOf } from "./problems.ts";

/** The version of the document's shape. A new field does not raise it; a field that changes its meaning does. */
export const CONFIG_SCHEMA_VERSION = 1;

/** What one fan-out asks; the bound keeps a wrong document from making a proxy talk to the world. */
const BUILDERS_MAX = 16;

/** op-node gives an Engine API call 10 s (E-5): a decision that takes longer could never be handed out. */
const DEADLINE_MS_MAX = 8_000;

const GRACE_MS_DEFAULT = 30;

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
  .regex(/^[A-Za-z0-9][-._A-Za-z0-9]{0,251}$/, { error: "a file name in the secrets folder, without '/'" })
  .refine((name) => !isSecret(name), { error: "the name of a file in the secrets folder that holds the secret" });

/**
 * rollup-boost's words. `enabled`: builders are asked. `dry_run`: builders get everything and their blocks are checked and
 * compared, but never handed out: "off, but kept in sync". `disabled`: the emergency shut-off, nothing reaches a builder.
 */
export const ExecutionMode = z.enum(["enabled", "dry_run", "disabled"]);
export type ExecutionMode = z.infer<typeof ExecutionMode>;

/**
 * How candidates are ranked. `gas_used`: most gas first. `block_value`: highest value first, as the builders themselves report it,
 * which nothing checks. `transaction_count`: most user transactions first, deposits not counted. `priority`: in the order of the list.
 */
export const SelectionPolicy = z.enum(["gas_used", "block_value", "transaction_count", "priority"]);
export type SelectionPolicy = z.infer<typeof SelectionPolicy>;

/** op-conductor refuses a commit of 5 MiB (V-15); what is left is for the JSON around the payload. */
const PAYLOAD_BYTES_MAX_DEFAULT = 4_800_000;

const Selection = z
  .object({
    policy: SelectionPolicy.default("gas_used"),
    /** A builder's block with less of the execution client's own block's gas is not handed out; 0 lets every block through. */
    minGasUsedPercent: z.int().min(0).max(100).default(0),
    /** A larger execution payload could not be committed (V-15). */
    payloadBytesMax: z.int().min(100_000).max(16_000_000).default(PAYLOAD_BYTES_MAX_DEFAULT),
  })
  .prefault({});

/** How candidates are chosen among unless it is said. */
export const defaultSelection: z.infer<typeof Selection> = Selection.parse({});

/** Certificates (PEM) that are trusted for this upstream beside the system's. */
const caFile = secretFile.optional();

/**
 * What a builder hears. `exclusive`: this proxy alone drives its builder, and tells it everything. `shared`: other sequencers'
 * proxies drive the same builders, so each tells them only what its own sequencer's leadership allows.
 */
const Driving = z.enum(["exclusive", "shared"]);

const Builder = z.object({
  name: Name,
  url: httpUrl,
  jwtSecretFile: secretFile,
  caFile,
  /** Whether transactions sent to the rpc port go to this builder too. */
  forwardTransactions: z.boolean().default(true),
});
export type BuilderConfig = z.infer<typeof Builder>;

const Timing = z
  .object({
    blockTimeMs: z.int().min(100).max(60_000),
    /** How long getPayload waits for a builder, from the moment op-node asked. */
    builderDeadlineMs: z.int().min(10).max(DEADLINE_MS_MAX),
    /** When the choice must be made, validation included, from the moment op-node asked. */
    decisionDeadlineMs: z.int().min(20).max(DEADLINE_MS_MAX),
    /** How long the other builders are still waited for once one acceptable candidate is there. */
    graceMs: z.int().min(0).max(DEADLINE_MS_MAX).default(GRACE_MS_DEFAULT),
  })
  .refine((timing) => timing.builderDeadlineMs < timing.decisionDeadlineMs, {
    path: ["decisionDeadlineMs"],
    error: "more than builderDeadlineMs: validation comes after the builder's answer",
  });

/** What a proxy is: one sequencer's own, or the builder load balancer that all of them share. */
export const Role = z.enum(["sequencer", "balancer"]);

/** What the documents of both roles say: whose they are, and what they say of builders. */
const owner = {
  schemaVersion: z.literal(CONFIG_SCHEMA_VERSION),
  /** Rises with every change. A proxy ignores a lower one and refuses an equal one with other content. */
  revision: z.int().min(0),
  cluster: Name,
  /** Whose proxy it is; a balancer's own name, such as `balancer-0`. */
  sequencer: Name,
};
const building = {
  builders: z
    .array(Builder)
    .max(BUILDERS_MAX)
    .refine((builders) => new Set(builders.map((b) => b.name)).size === builders.length, {
      error: "builders with different names",
    }),
  selection: Selection,
  timing: Timing,
};

/**
 * The one config document of a sequencer's proxy: a file at start, the same by `PUT /config`. It holds no secret, only the
 * names of files that do. Unknown fields are kept out and reported (`unknownFieldsOf`), as a newer operator may send them.
 */
export const ConfigFile = z.object({
  ...owner,
  role: Role.extract(["sequencer"]),
  executionMode: ExecutionMode,
  executionClient: z.object({
    /** Engine API, JWT required. */
    url: httpUrl,
    /** Plain JSON-RPC: what the rpc port passes to. */
    rpcUrl: httpUrl,
    jwtSecretFile: secretFile,
    caFile,
  }),
  /** The sequencer's own op-conductor: asked whether it leads before shared builders are driven. */
  conductor: z.object({ url: httpUrl }).optional(),
  /** The secret op-node signs with; the execution client's own unless given, so that op-node changes only its URL. */
  inboundJwtSecretFile: secretFile.optional(),
  driving: Driving.default("exclusive"),
  /**
   * Absent: builders. `balancers`: each entry is a balancer in front of the same builders, in an order that is the same for every proxy. The
   * first that answers gets the job, so that one of them sees all jobs; it is told who asks, and what became of its block.
   */
  buildersAre: z.enum(["builders", "balancers"]).optional(),
  ...building,
});
export type ConfigFile = z.infer<typeof ConfigFile>;

/** The one config document of a balancer: no execution client and no conductor, so its own secret must be named. */
export const BalancerConfig = z.object({
  ...owner,
  role: Role.extract(["balancer"]),
  executionMode: ExecutionMode,
  /** The secret the sequencers' proxies sign with. */
  inboundJwtSecretFile: secretFile,
  ...building,
});
export type BalancerConfig = z.infer<typeof BalancerConfig>;

/** A document, and the fields of it that this version does not know; or every problem. */
export type ParsedConfig<Config = ConfigFile> =
  | { readonly kind: "valid"; readonly config: Config; readonly unknownFields: readonly string[] }
  | { readonly kind: "invalid"; readonly problems: readonly Problem[] };

/** Parses the document of a sequencer's proxy: the config, or every problem at once. Never throws. */
export const parseConfigFile = (document: unknown): ParsedConfig => parseBy(ConfigFile, document);

/** The same for a balancer's. */
export const parseBalancerConfig = (document: unknown): ParsedConfig<BalancerConfig> =>
  parseBy(BalancerConfig, document);

/** The same for the document a process starts with: its role says which of the two it is. */
export function parseEitherConfig(document: unknown): ParsedConfig<ConfigFile | BalancerConfig> {
  const role = z.object({ role: Role }).safeParse(document);
  if (role.data?.role === "balancer") return parseBalancerConfig(document);
  const parsed = parseConfigFile(document);
  if (role.success || parsed.kind === "valid") return parsed;
  const roles = Role.options.map((option) => JSON.stringify(option)).join(" or ");
  const problems = parsed.problems.map((problem) =>
    problem.path === "role" ? { ...problem, allowed: roles } : problem,
  );
  return { kind: "invalid", problems };
}

function parseBy<Config>(schema: z.ZodType<Config>, document: unknown): ParsedConfig<Config> {
  const parsed = schema.safeParse(document);
  return parsed.success
    ? { kind: "valid", config: parsed.data, unknownFields: unknownFieldsOf(document, parsed.data) }
    : { kind: "invalid", problems: problemsOf(parsed.error, document) };
}

/** The deadlines that follow from the block time unless they are set: builder 10 %, decision 25 %. */
export const defaultTiming = (blockTimeMs: number): ConfigFile["timing"] => ({
  blockTimeMs,
  builderDeadlineMs: Math.round(blockTimeMs / 10),
  decisionDeadlineMs: Math.round(Math.min(blockTimeMs / 4, DEADLINE_MS_MAX)),
  graceMs: GRACE_MS_DEFAULT,
});

const hasCredentials = (url: string): boolean => {
  const parsed = URL.parse(url);
  return parsed !== null && (parsed.username !== "" || parsed.password !== "");
};
