import { join } from "node:path";
import { Builder } from "./builder.ts";
import type { Clock } from "./clock.ts";
import type { BuilderConfig, ConfigFile } from "./contract/config-file.ts";
import { JwtVerifier } from "./engine-api/jwt.ts";
import { JwtMinter } from "./engine-api/jwt-minter.ts";
import { JwtSecretFile } from "./engine-api/jwt-secret-file.ts";
import { UpstreamClient } from "./engine-api/upstream-client.ts";
import { ExecutionClient } from "./execution-client.ts";

/** What a config document means in running parts: the execution client and builders this proxy talks to. */
export type Wiring = {
  readonly config: ConfigFile;
  readonly executionClient: ExecutionClient;
  readonly inbound: { readonly file: string; readonly verifier: JwtVerifier };
  readonly builders: readonly Builder[];
  /** By file name. Kept from wiring to wiring, as they know the secret before the present one. */
  readonly secretFiles: ReadonlyMap<string, JwtSecretFile>;
};

type Dependencies = { readonly secretsDir: string; readonly clock: Clock };

type Parts = { readonly clock: Clock; readonly secretFile: (file: string) => JwtSecretFile };

/** Builders are asked for one thing at a time on the lane, and for a payload beside it. */
const BUILDER_CONNECTIONS_MAX = 4;

/** op-conductor takes 5 MiB (V-15); above that a builder's answer is no block. */
const BUILDER_ANSWER_BYTES_MAX = 16 * 1024 * 1024;

/** The wiring of a document. Parts of the wiring before that did not change are kept, with their connections. */
export function wire(config: ConfigFile, before: Wiring | undefined, dependencies: Dependencies): Wiring {
  const inboundFile = config.inboundJwtSecretFile ?? config.executionClient.jwtSecretFile;
  const secretFiles = new Map<string, JwtSecretFile>();
  const { secretsDir, clock } = dependencies;
  const secretFile = (file: string): JwtSecretFile => {
    const path = join(secretsDir, file);
    const known = secretFiles.get(file) ?? before?.secretFiles.get(file) ?? new JwtSecretFile(path, clock);
    secretFiles.set(file, known);
    return known;
  };
  const parts = { clock, secretFile };
  const inboundSecret = secretFile(inboundFile);
  // Read now, so that a secret that is first used after a rotation is known too.
  for (const { jwtSecretFile } of [config.executionClient, ...config.builders]) secretFile(jwtSecretFile).known();
  return {
    config,
    executionClient: sameExecutionClient(config, before) ?? newExecutionClient(config.executionClient, parts),
    inbound:
      before?.inbound.file === inboundFile
        ? before.inbound
        : { file: inboundFile, verifier: new JwtVerifier(() => inboundSecret.accepted(), clock) },
    builders: config.builders.map((builder) => sameBuilder(builder, before) ?? newBuilder(builder, parts)),
    secretFiles,
  };
}

/** What op-node has under way at the execution client when a new config replaces it; confirmed as soon as it is answered. */
const REPLACED_GRACE_MS = 1_000;

/** Ends what the wiring before had and the new one has not. Where the process ends, at once. */
export async function closeRemoved(before: Wiring, after: Wiring | undefined): Promise<void> {
  const builders = before.builders.filter((builder) => !after?.builders.includes(builder));
  const closing = builders.map((builder) => builder.close());
  if (before.executionClient !== after?.executionClient) {
    closing.push(before.executionClient.close(after === undefined ? 0 : REPLACED_GRACE_MS));
  }
  await Promise.all(closing);
}

function sameExecutionClient(config: ConfigFile, before: Wiring | undefined): ExecutionClient | undefined {
  return before !== undefined && isSame(before.executionClient.config, config.executionClient)
    ? before.executionClient
    : undefined;
}

function sameBuilder(config: BuilderConfig, before: Wiring | undefined): Builder | undefined {
  return before?.builders.find((builder) => isSame(builder.config, config));
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

function newExecutionClient(config: ConfigFile["executionClient"], { clock, secretFile }: Parts): ExecutionClient {
  return new ExecutionClient(config, { clock, signer: newMinter(secretFile(config.jwtSecretFile), clock) });
}

function newBuilder(config: BuilderConfig, { clock, secretFile }: Parts): Builder {
  const client = new UpstreamClient(
    {
      url: config.url,
      connectionsMax: BUILDER_CONNECTIONS_MAX,
      answerBytesMax: BUILDER_ANSWER_BYTES_MAX,
      signer: newMinter(secretFile(config.jwtSecretFile), clock),
    },
    { clock },
  );
  return new Builder(config, { client, clock });
}

const newMinter = (file: JwtSecretFile, clock: Clock): JwtMinter => new JwtMinter(() => file.known(), clock);
