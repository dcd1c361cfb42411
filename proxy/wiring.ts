import { join } from "node:path";
import type { Builder } from "./builder.ts";
import type { Clock } from "./clock.ts";
import type { BalancerConfig, BuilderConfig, ConfigFile } from "./contract/config-file.ts";
import type { Leadership } from "./contract/status.ts";
import { DaLimit } from "./da-limit.ts";
import { CaFile } from "./engine-api/ca-file.ts";
import type { CallerClaims } from "./engine-api/caller-claims.ts";
import { type JwtSecret, JwtVerifier } from "./engine-api/jwt.ts";
import { JwtSecretFile, type JwtSecretSource, OVERLAP_MS } from "./engine-api/jwt-secret-file.ts";
import type { Upstream, UpstreamOptions } from "./engine-api/upstream-client.ts";
import { ExecutionClient } from "./execution-client.ts";
import { FENCE_ANSWER_BYTES_MAX, LeadershipFence } from "./health/leadership-fence.ts";
import type { Observed } from "./health/state-change.ts";
import { keysOf, newBuilder, type UpstreamParts } from "./new-builder.ts";
import { shutOffGate } from "./shut-off-gate.ts";

/** What a config document means in running parts, in both roles: who may call, and the builders this process talks to. */
export type BuilderWiring<Config> = {
  readonly config: Config;
  readonly inbound: Inbound;
  readonly builders: readonly Builder[];
  /** By file name. Kept from wiring to wiring, as they know the secret before the present one. */
  readonly secretFiles: ReadonlyMap<string, JwtSecretSource>;
  /** By file name. */
  readonly caFiles: ReadonlyMap<string, CaFile>;
  /** The newest one, for builders that come later. */
  readonly daLimit: DaLimit;
};

/** A sequencer's: its execution client and op-conductor too. */
export type Wiring = BuilderWiring<ConfigFile> & {
  readonly executionClient: ExecutionClient;
  /** Stands before shared builders; undefined where they are exclusive, or the config names no op-conductor. */
  readonly fence: LeadershipFence | undefined;
};

/** Who may use the engine port: whoever signs with one of these secrets. */
type Inbound = {
  readonly file: string;
  readonly accepted: () => readonly JwtSecret[];
  readonly verifier: JwtVerifier;
};

type Connect = (options: UpstreamOptions) => Upstream;

/** What every wiring is made with. */
export type WiringDependencies = {
  readonly secretsDir: string;
  /** Where a secret is that is not in the folder. */
  readonly secretOf?: ((file: string) => JwtSecretSource | undefined) | undefined;
  readonly clock: Clock;
  readonly connect: Connect;
  /** Whether the emergency shut-off is pulled now, by whichever hand. */
  readonly isShutOff: () => boolean;
  /** Told of each answer of op-conductor to the leadership fence. */
  readonly fenced?: (answer: Leadership) => void;
  /** Told of each change of a builder's state, the execution client's and the fence's answer, so often at most as fits a log. */
  readonly observe?: (observed: Observed) => void;
};

/** One question at a time, and one connection to spare while an answer is late. */
const FENCE_CONNECTIONS_MAX = 2;

/** The wiring of a document. Parts of the wiring before that did not change are kept, with their connections. */
export function wire(config: ConfigFile, before: Wiring | undefined, dependencies: WiringDependencies): Wiring {
  const inboundFile = config.inboundJwtSecretFile ?? config.executionClient.jwtSecretFile;
  const areBalancers = config.buildersAre === "balancers";
  const fence = fenceOf(config, before, dependencies);
  const claims = (): CallerClaims => ({ id: config.sequencer, leadership: fence?.last?.answer ?? "unknown" });
  const wired = wireBuilders(config, before, {
    ...dependencies,
    inboundFile,
    upstreams: [config.executionClient, ...config.builders],
    isKept: before?.config.buildersAre === config.buildersAre && (!areBalancers || before?.fence === fence),
    claims: areBalancers ? claims : undefined,
  });
  return {
    ...wired.wiring,
    fence,
    executionClient: sameExecutionClient(config, before) ?? newExecutionClient(config.executionClient, wired.parts),
  };
}

/** The part of a wiring that both roles have, and what more of the same is made with. */
export function wireBuilders<Config extends ConfigFile | BalancerConfig>(
  config: Config,
  before: BuilderWiring<Config> | undefined,
  role: WiringDependencies & {
    readonly inboundFile: string;
    /** All whose files are read at once, so that a secret that is first used after a rotation is known too. */
    readonly upstreams: readonly Pick<BuilderConfig, "jwtSecretFile" | "caFile">[];
    /** Whether builders wired before may stay as they are. */
    readonly isKept: boolean;
    readonly claims?: (() => CallerClaims) | undefined;
  },
): { readonly wiring: BuilderWiring<Config>; readonly parts: UpstreamParts } {
  const { secretsDir, secretOf, clock, connect, isShutOff, inboundFile } = role;
  const secretFiles = new Map<string, JwtSecretSource>();
  const secretFile = (file: string): JwtSecretSource => {
    const known =
      secretFiles.get(file) ??
      before?.secretFiles.get(file) ??
      secretOf?.(file) ??
      new JwtSecretFile(join(secretsDir, file), clock);
    secretFiles.set(file, known);
    return known;
  };
  const caFiles = new Map<string, CaFile>();
  const caFile = (file: string): CaFile => {
    const known = caFiles.get(file) ?? before?.caFiles.get(file) ?? new CaFile(join(secretsDir, file), clock);
    caFiles.set(file, known);
    return known;
  };
  const daLimit = before?.daLimit ?? new DaLimit(clock);
  const observe = (observed: Observed): void => role.observe?.(observed);
  const parts = { clock, connect, secretFile, caFile, daLimit, observe };
  // Whatever connection a builder's parts make: nothing passes while builders are shut off.
  const builderParts = {
    ...parts,
    connect: (to: UpstreamOptions) => shutOffGate(connect(to), isShutOff),
    claims: role.claims,
  };
  const inboundSecret = secretFile(inboundFile);
  for (const upstream of role.upstreams) {
    secretFile(upstream.jwtSecretFile).known();
    if (upstream.caFile !== undefined) caFile(upstream.caFile).context();
  }
  const kept = role.isKept ? before : undefined;
  const wiring = {
    config,
    inbound:
      before?.inbound.file === inboundFile
        ? before.inbound
        : inboundOf(inboundFile, inboundSecret, before?.inbound, clock),
    builders: config.builders.map(
      (builder) => sameBuilder(builder, kept, builderParts) ?? newBuilder(builder, builderParts),
    ),
    secretFiles,
    caFiles,
    daLimit,
  };
  return { wiring, parts };
}

/** Of another file, too, the secret before stays valid for a while: op-node is given the new one a little later. */
function inboundOf(file: string, secret: JwtSecretSource, before: Inbound | undefined, clock: Clock): Inbound {
  const untilMs = clock.monotonicMs() + OVERLAP_MS;
  const old = before?.accepted() ?? [];
  const accepted = (): readonly JwtSecret[] =>
    clock.monotonicMs() < untilMs ? [...secret.accepted(), ...old] : secret.accepted();
  return { file, accepted, verifier: new JwtVerifier(accepted, clock) };
}

function fenceOf(
  { driving, conductor }: ConfigFile,
  before: Wiring | undefined,
  { clock, connect, fenced, observe }: WiringDependencies,
): LeadershipFence | undefined {
  if (driving !== "shared" || conductor === undefined) return undefined;
  if (before?.fence?.url === conductor.url) return before.fence;
  const client = connect({
    url: conductor.url,
    connectionsMax: FENCE_CONNECTIONS_MAX,
    answerBytesMax: FENCE_ANSWER_BYTES_MAX,
  });
  return new LeadershipFence(conductor.url, {
    client,
    clock,
    answered: (answer) => fenced?.(answer),
    observe: (observed) => observe?.(observed),
  });
}

/** What op-node has under way at the execution client when a new config replaces it; confirmed as soon as it is answered. */
const REPLACED_GRACE_MS = 1_000;

/** Ends what the wiring before had and the new one has not. Where the process ends, at once. */
export async function closeRemoved(before: Wiring, after: Wiring | undefined): Promise<void> {
  const closing = [closeRemovedBuilders(before, after)];
  if (before.fence !== undefined && before.fence !== after?.fence) closing.push(before.fence.close());
  if (before.executionClient !== after?.executionClient) {
    closing.push(before.executionClient.close(after === undefined ? 0 : REPLACED_GRACE_MS));
  }
  await Promise.all(closing);
}

/** The same for builders alone. */
export async function closeRemovedBuilders(
  before: BuilderWiring<unknown>,
  after: BuilderWiring<unknown> | undefined,
): Promise<void> {
  const removed = before.builders.filter((builder) => !after?.builders.includes(builder));
  await Promise.all(removed.map((builder) => builder.close()));
}

function sameExecutionClient(config: ConfigFile, before: Wiring | undefined): ExecutionClient | undefined {
  return before !== undefined && isSame(before.executionClient.config, config.executionClient)
    ? before.executionClient
    : undefined;
}

/** The builder of that name and address as it was wired before, with what else the document says of it now. */
function sameBuilder(
  config: BuilderConfig,
  before: BuilderWiring<unknown> | undefined,
  parts: UpstreamParts,
): Builder | undefined {
  const known = before?.builders.find(({ config: { name, url } }) => name === config.name && url === config.url);
  if (known !== undefined && !isSame(known.config, config)) known.change(config, keysOf(config, parts));
  return known;
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function newExecutionClient(config: ConfigFile["executionClient"], parts: UpstreamParts): ExecutionClient {
  const { signer, ca } = keysOf(config, parts);
  const connect = (options: UpstreamOptions): Upstream =>
    parts.connect(ca === undefined ? options : { ...options, ca });
  return new ExecutionClient(config, { clock: parts.clock, connect, signer, observe: parts.observe });
}
