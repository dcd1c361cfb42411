import { Builder } from "./builder.ts";
import { ASIDE_ANSWER_BYTES_MAX, ASIDE_CONNECTIONS_MAX, BuilderAside, LIMIT_CONNECTIONS_MAX } from "./builder-aside.ts";
import type { Clock } from "./clock.ts";
import type { BuilderConfig, ConfigFile } from "./contract/config-file.ts";
import type { DaLimit } from "./da-limit.ts";
import type { CaFile } from "./engine-api/ca-file.ts";
import type { CallerClaims } from "./engine-api/caller-claims.ts";
import { JwtMinter } from "./engine-api/jwt-minter.ts";
import type { JwtSecretSource } from "./engine-api/jwt-secret-file.ts";
import type { Upstream, UpstreamOptions } from "./engine-api/upstream-client.ts";
import { type Keys, UpstreamKeys } from "./engine-api/upstream-keys.ts";
import type { Observed } from "./health/state-change.ts";

/** What connections to upstreams are made with. */
export type UpstreamParts = {
  readonly clock: Clock;
  readonly connect: (options: UpstreamOptions) => Upstream;
  readonly secretFile: (file: string) => JwtSecretSource;
  readonly caFile: (file: string) => CaFile;
  readonly daLimit: DaLimit;
  readonly observe: (observed: Observed) => void;
  /** What balancers are told of this caller. */
  readonly claims?: (() => CallerClaims) | undefined;
};

/** Builders are asked for one thing at a time on the lane, and for a payload beside it. */
const BUILDER_CONNECTIONS_MAX = 4;

/** op-conductor takes 5 MiB (V-15); above that a builder's answer is no block. */
const BUILDER_ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** A builder with its connections. */
export function newBuilder(config: BuilderConfig, parts: UpstreamParts): Builder {
  const { clock, connect, daLimit, observe } = parts;
  const keys = new UpstreamKeys(keysOf(config, parts));
  const upstream = { url: config.url, signer: keys.signer, ca: keys.ca };
  const client = connect({
    ...upstream,
    connectionsMax: BUILDER_CONNECTIONS_MAX,
    answerBytesMax: BUILDER_ANSWER_BYTES_MAX,
  });
  const connectAside = (connectionsMax: number): Upstream =>
    connect({ ...upstream, connectionsMax, answerBytesMax: ASIDE_ANSWER_BYTES_MAX });
  const aside = new BuilderAside({
    client: connectAside(ASIDE_CONNECTIONS_MAX),
    limits: connectAside(LIMIT_CONNECTIONS_MAX),
    clock,
    daLimit,
  });
  return new Builder(config, { client, aside, clock, keys, isBalancer: parts.claims !== undefined, observe });
}

/** What a connection to an upstream is secured with. */
export const keysOf = (
  config: BuilderConfig | ConfigFile["executionClient"],
  { secretFile, caFile, clock, claims }: UpstreamParts,
): Keys => ({
  signer: newMinter(secretFile(config.jwtSecretFile), clock, claims),
  ca: config.caFile === undefined ? undefined : caFile(config.caFile),
});

const newMinter = (file: JwtSecretSource, clock: Clock, claims?: () => CallerClaims): JwtMinter =>
  new JwtMinter(() => file.known(), clock, claims);
