import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { type Clock, systemClock } from "../../proxy/clock.ts";
import type { ConfigFile } from "../../proxy/contract/config-file.ts";
import { type BlockDecision, ConfigPushAnswer, ProxyStatus } from "../../proxy/contract/status.ts";
import type { StartedProxy } from "../../proxy/serving.ts";
import { startProxy } from "../../proxy/start.ts";
import { type ExecutionClient, type ExecutionClientOptions, startExecutionClient } from "../devnet/execution-client.ts";
import { OpNode } from "../devnet/op-node.ts";
import type { BuiltBlock } from "../devnet/sequenced-block.ts";
import { until } from "../devnet/until.ts";
import { bearer, type HttpAnswer, post } from "./http-calls.ts";
import { worldDocument } from "./world-document.ts";

/** One sequencer of simulated clients around a real proxy, on real sockets. */
export type World = AsyncDisposable & {
  readonly executionClient: ExecutionClient;
  /** The first of the builders. */
  readonly builder: ExecutionClient;
  /** A builder by its name. Throws for a name the world was not started with. */
  readonly builderNamed: (name: string) => ExecutionClient;
  readonly opNode: OpNode;
  readonly urls: { readonly engine: string; readonly rpc: string; readonly admin: string; readonly debug: string };
  readonly adminToken: string;
  /** Holds the secrets, `mounted.json` and the state folder `state`. */
  readonly dir: string;
  /** What the proxy has logged, one JSON text a line. */
  readonly log: readonly string[];
  /** The document as it was mounted, or pushed last. */
  config(): ConfigFile;
  status(): Promise<ProxyStatus>;
  /** The newest decision of `/status`. */
  lastDecision(): Promise<BlockDecision | undefined>;
  /** Bytes to the engine port with op-node's token; `headers` go over it. */
  engine(body: string | Buffer, headers?: Readonly<Record<string, string>>): Promise<HttpAnswer>;
  /** The same bytes to the execution client's own engine port: what it says by itself. */
  executionClientSays(body: string | Buffer): Promise<HttpAnswer>;
  /** PUT /config of the running document with changes and the next revision. */
  push(change: Partial<ConfigFile>): Promise<ConfigPushAnswer>;
  /** PUT /config of any bytes. */
  put(body: string, headers?: Readonly<Record<string, string>>): Promise<HttpAnswer>;
  /** Builds block after block until one is the builder's; every one of them must come. */
  builderBlock(): Promise<BuiltBlock>;
  /** SIGTERM's way out, with the drain time of the options. */
  drain(): Promise<void>;
  /** The process ends at once and starts again with what is in its folders. */
  restartProxy(): Promise<void>;
};

export type WorldOptions = {
  readonly fork?: NonNullable<ExecutionClientOptions["fork"]>;
  /** Over deadlines of seconds: a slow machine must not make a good builder late. */
  readonly timing?: Partial<ConfigFile["timing"]>;
  readonly withoutBuilder?: boolean;
  /** Names of the builders, in the order of the config; the first has the fullest blocks. Default: one, `rbuilder`. */
  readonly builders?: readonly string[];
  readonly selection?: ConfigFile["selection"];
  readonly drainSeconds?: number;
  /** The execution client is started later, by the test. */
  readonly executionClientDown?: boolean;
  readonly clock?: Clock;
  readonly host?: string;
  /** Where the debug port listens; `urls.debug` stays on loopback. */
  readonly debugHost?: string;
};

/** The chain began two minutes ago, on a slot: there are slots gone, and slots to come. */
export const GENESIS_TIMESTAMP_S = Math.floor(Date.now() / 60_000) * 60 - 120;

/** Starts a world; everything ends with it. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const jwtSecret = randomBytes(32).toString("hex");
  const adminToken = randomBytes(16).toString("hex");
  const dir = await mkdtemp(join(tmpdir(), "rollup-boost-scenario-"));
  const fork = options.fork ?? "jovian";
  const chain = { fork, genesisTimestampS: GENESIS_TIMESTAMP_S };
  const executionClient = await startExecutionClient({
    ...chain,
    name: "op-geth",
    jwtSecret,
    ownTransactions: { count: 1, bytes: 120 },
  });
  const names = options.builders ?? ["rbuilder"];
  const builders = await Promise.all(names.map((name, index) => startBuilder(name, names.length - index, chain)));
  const [builder] = builders;
  if (builder === undefined) throw new Error("a world has at least one builder; withoutBuilder wires none");
  let running = {
    ...worldDocument({ executionClient, builders: options.withoutBuilder === true ? [] : builders }, options.timing),
    ...(options.selection === undefined ? {} : { selection: options.selection }),
  };
  await Promise.all([
    writeFile(join(dir, "execution-client.jwt"), jwtSecret),
    ...builders.map((each) => writeFile(join(dir, `builder-${each.name}.jwt`), `0x${each.jwtSecret}\n`)),
    writeFile(join(dir, "admin-token"), adminToken),
    writeFile(join(dir, "mounted.json"), JSON.stringify(running)),
  ]);
  if (options.executionClientDown === true) await executionClient.stop();

  const log: string[] = [];
  const host = options.host ?? "127.0.0.1";
  const start = (ports: StartedProxy["ports"]): Promise<StartedProxy> =>
    startProxy(
      {
        config: join(dir, "mounted.json"),
        secretsDir: dir,
        stateDir: join(dir, "state"),
        host,
        enginePort: ports.engine,
        rpcPort: ports.rpc ?? 0,
        adminPort: ports.admin,
        debugHost: options.debugHost ?? "127.0.0.1",
        debugPort: ports.debug ?? 0,
        drainSeconds: options.drainSeconds ?? 0,
        logLevel: "trace",
        exitWithParent: false,
      },
      { clock: options.clock ?? systemClock, log: pino({ level: "trace" }, { write: (line) => void log.push(line) }) },
    );
  let proxy = await start({ engine: 0, rpc: 0, admin: 0, debug: 0 });
  const url = (port: number): string => `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  const urls = {
    engine: url(proxy.ports.engine),
    rpc: url(proxy.ports.rpc ?? 0),
    admin: url(proxy.ports.admin),
    debug: `http://127.0.0.1:${proxy.ports.debug}`,
  };
  const opNode = new OpNode({ name: "sequencer-0", engineUrl: urls.engine, jwtSecret, fork });
  const put: World["put"] = (body, headers = { authorization: `Bearer ${adminToken}` }) =>
    post(`${urls.admin}/config`, body, headers, "PUT");
  const status = async (): Promise<ProxyStatus> =>
    ProxyStatus.parse(await (await fetch(`${urls.admin}/status`)).json());

  return {
    executionClient,
    builder,
    builderNamed: (name) => {
      const named = builders.find((each) => each.name === name);
      if (named === undefined) throw new Error(`no builder is named ${name}`);
      return named;
    },
    opNode,
    urls,
    adminToken,
    dir,
    log,
    config: () => running,
    status,
    lastDecision: async () => (await status()).lastDecisions.at(-1),
    engine: async (body, headers) => post(urls.engine, body, { authorization: await bearer(jwtSecret), ...headers }),
    executionClientSays: async (body) =>
      post(executionClient.engineUrl, body, { authorization: await bearer(jwtSecret) }),
    push: async (change) => {
      running = { ...running, revision: running.revision + 1, ...change };
      return ConfigPushAnswer.parse((await put(JSON.stringify(running))).json());
    },
    put,
    builderBlock: () =>
      until(
        "a block of the builder",
        async () => {
          const block = await opNode.buildBlock();
          if (names.some((name) => name === block.builtBy)) return block;
          // Blocks without a pause between them leave a builder that syncs behind for ever.
          await until("the builder to follow", () => builder.block(block.hash), 500).catch(() => undefined);
          return undefined;
        },
        15_000,
      ),
    drain: () => proxy.drain(),
    restartProxy: async () => {
      await proxy.close();
      proxy = await start(proxy.ports);
    },
    [Symbol.asyncDispose]: async () => {
      await opNode[Symbol.asyncDispose]();
      await Promise.all([executionClient, ...builders].map((client) => client[Symbol.asyncDispose]()));
      await proxy.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

const startBuilder = (
  name: string,
  transactions: number,
  chain: Pick<ExecutionClientOptions, "genesisTimestampS"> & {
    readonly fork: NonNullable<ExecutionClientOptions["fork"]>;
  },
): Promise<ExecutionClient> =>
  startExecutionClient({
    ...chain,
    name,
    jwtSecret: randomBytes(32).toString("hex"),
    payloadIdSalt: name,
    ownTransactions: { count: transactions + 1, bytes: 120 },
  });
