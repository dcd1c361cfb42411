import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { systemClock } from "../../proxy/clock.ts";
import { type ConfigFile, defaultTiming } from "../../proxy/contract/config-file.ts";
import { ConfigPushAnswer, ProxyStatus } from "../../proxy/contract/status.ts";
import { type StartedProxy, startProxy } from "../../proxy/start.ts";
import { type ExecutionClient, type ExecutionClientOptions, startExecutionClient } from "../devnet/execution-client.ts";
import { OpNode } from "../devnet/op-node.ts";

/** One sequencer of simulated clients around a real proxy, on real sockets. */
export type World = AsyncDisposable & {
  readonly executionClient: ExecutionClient;
  readonly builder: ExecutionClient;
  readonly opNode: OpNode;
  readonly urls: { readonly engine: string; readonly rpc: string; readonly admin: string };
  readonly adminToken: string;
  readonly secretsDir: string;
  status(): Promise<ProxyStatus>;
  /** PUT /config of the running document with changes and the next revision. */
  push(change: Partial<ConfigFile>): Promise<ConfigPushAnswer>;
  config(): ConfigFile;
  /** SIGTERM's way out, with the drain time of the options. */
  drain(): Promise<void>;
  /** The process ends at once and starts again with the mounted file it had at first. */
  restartProxy(): Promise<void>;
};

export type WorldOptions = {
  readonly fork?: NonNullable<ExecutionClientOptions["fork"]>;
  readonly timing?: Partial<ConfigFile["timing"]>;
  readonly withoutBuilder?: boolean;
  readonly drainSeconds?: number;
  /** The execution client is started later, by the test. */
  readonly executionClientDown?: boolean;
};

/** Starts a world; everything ends with it. */
export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const secrets = { executionClient: randomBytes(32).toString("hex"), builder: randomBytes(32).toString("hex") };
  const adminToken = randomBytes(16).toString("hex");
  const dir = await mkdtemp(join(tmpdir(), "rollup-boost-scenario-"));
  const fork = options.fork ?? "jovian";
  const executionClient = await startExecutionClient({
    name: "op-geth",
    jwtSecret: secrets.executionClient,
    fork,
    ownTransactions: { count: 0, bytes: 0 },
  });
  const builder = await startExecutionClient({ name: "rbuilder", jwtSecret: secrets.builder, fork, payloadIdSalt: "builder" });
  await Promise.all([
    writeFile(join(dir, "execution-client.jwt"), secrets.executionClient),
    writeFile(join(dir, "builder-rbuilder.jwt"), `0x${secrets.builder}\n`),
    writeFile(join(dir, "admin-token"), adminToken),
  ]);
  let running: ConfigFile = {
    schemaVersion: 1,
    revision: 1,
    cluster: "base-sepolia",
    sequencer: "sequencer-0",
    role: "sequencer",
    executionMode: "enabled",
    executionClient: { url: executionClient.engineUrl, rpcUrl: executionClient.rpcUrl, jwtSecretFile: "execution-client.jwt" },
    builders:
      options.withoutBuilder === true ? [] : [{ name: "rbuilder", url: builder.engineUrl, jwtSecretFile: "builder-rbuilder.jwt" }],
    timing: { ...defaultTiming(2_000), ...options.timing },
  };
  await writeFile(join(dir, "mounted.json"), JSON.stringify(running));
  if (options.executionClientDown === true) await executionClient.stop();

  const start = (ports: StartedProxy["ports"]): Promise<StartedProxy> =>
    startProxy(
      {
        config: join(dir, "mounted.json"),
        secretsDir: dir,
        stateDir: join(dir, "state"),
        host: "127.0.0.1",
        enginePort: ports.engine,
        rpcPort: ports.rpc,
        adminPort: ports.admin,
        drainSeconds: options.drainSeconds ?? 0,
        logLevel: "silent",
        exitWithParent: false,
      },
      { clock: systemClock, log: pino({ level: "silent" }) },
    );
  let proxy = await start({ engine: 0, rpc: 0, admin: 0 });
  const url = (port: number): string => `http://127.0.0.1:${port}`;
  const urls = { engine: url(proxy.ports.engine), rpc: url(proxy.ports.rpc), admin: url(proxy.ports.admin) };
  const opNode = new OpNode({ name: "sequencer-0", engineUrl: urls.engine, jwtSecret: secrets.executionClient, fork });

  return {
    executionClient,
    builder,
    opNode,
    urls,
    adminToken,
    secretsDir: dir,
    config: () => running,
    status: async () => ProxyStatus.parse(await (await fetch(`${urls.admin}/status`)).json()),
    push: async (change) => {
      running = { ...running, revision: running.revision + 1, ...change };
      const response = await fetch(`${urls.admin}/config`, {
        method: "PUT",
        headers: { authorization: `Bearer ${adminToken}`, "content-type": "application/json" },
        body: JSON.stringify(running),
      });
      return ConfigPushAnswer.parse(await response.json());
    },
    drain: () => proxy.drain(),
    restartProxy: async () => {
      await proxy.close();
      proxy = await start(proxy.ports);
    },
    [Symbol.asyncDispose]: async () => {
      await opNode[Symbol.asyncDispose]();
      await proxy.close();
      await Promise.all([executionClient[Symbol.asyncDispose](), builder[Symbol.asyncDispose]()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
