import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { type Clock, systemClock } from "../../proxy/clock.ts";
import type { ConfigFile } from "../../proxy/contract/config-file.ts";
import { ConfigPushAnswer, ProxyStatus } from "../../proxy/contract/status.ts";
import { startProxy } from "../../proxy/start.ts";
import { type Conductor, Raft, startConductor } from "../devnet/conductor.ts";
import { type ExecutionClient, startExecutionClient } from "../devnet/execution-client.ts";
import type { UnsafePayload } from "../devnet/execution-payload.ts";
import { OpNode } from "../devnet/op-node.ts";
import { post } from "./http-calls.ts";
import { GENESIS_TIMESTAMP_S } from "./world.ts";
import { worldDocument } from "./world-document.ts";

/** A sequencer with its proxy; its op-node commits to its op-conductor and gossips to the other sequencers. */
export type SharedSequencer = {
  readonly name: string;
  readonly executionClient: ExecutionClient;
  readonly conductor: Conductor;
  readonly opNode: OpNode;
  readonly adminUrl: string;
  /** What its proxy has logged, one JSON text a line. */
  readonly log: readonly string[];
  status(): Promise<ProxyStatus>;
  /** PUT /config of the mounted document with changes and the next revision. */
  push(change: Partial<ConfigFile>): Promise<ConfigPushAnswer>;
  /** The process ends at once and starts again with what is in its folders. */
  restartProxy(): Promise<void>;
};

/** Sequencers that share builders. Builders have no peers: what they know of the chain, a proxy brought them. */
export type SharedWorld = AsyncDisposable & {
  readonly raft: Raft;
  readonly builder: ExecutionClient;
  readonly sequencers: readonly [SharedSequencer, SharedSequencer];
};

type Options = {
  readonly withoutConductor?: boolean;
  readonly timing?: Partial<ConfigFile["timing"]>;
  readonly clock?: Clock;
};

/** Starts two sequencers, of which `sequencer-0` leads, and one shared builder; everything ends with it. */
export async function startSharedWorld(options: Options = {}): Promise<SharedWorld> {
  const stack = new AsyncDisposableStack();
  const chain = { genesisTimestampS: GENESIS_TIMESTAMP_S };
  const raft = new Raft(["sequencer-0", "sequencer-1"]);
  const builder = stack.use(
    await startExecutionClient({
      ...chain,
      name: "rbuilder",
      jwtSecret: randomBytes(32).toString("hex"),
      payloadIdSalt: "rbuilder",
      ownTransactions: { count: 3, bytes: 120 },
    }),
  );
  const all: SharedSequencer[] = [];
  const gossipFrom =
    (from: string) =>
    async (payload: UnsafePayload): Promise<void> => {
      await Promise.all(all.map(({ name, opNode }) => (name === from ? undefined : opNode.receiveGossip(payload))));
    };
  const sequencer = async (name: string): Promise<SharedSequencer> => {
    const jwtSecret = randomBytes(32).toString("hex");
    const executionClient = stack.use(await startExecutionClient({ ...chain, name: `${name}-el`, jwtSecret }));
    const conductor = stack.use(await startConductor({ name, raft }));
    const document: ConfigFile = {
      ...worldDocument({ executionClient, builders: [builder] }, options.timing),
      sequencer: name,
      driving: "shared",
      ...(options.withoutConductor === true ? {} : { conductor: { url: conductor.url } }),
    };
    const proxy = await startSharedProxy(document, { jwtSecret, builder, clock: options.clock ?? systemClock }, stack);
    const opNode = stack.use(
      new OpNode({
        name,
        engineUrl: proxy.engineUrl,
        jwtSecret,
        conductorUrl: conductor.url,
        gossip: gossipFrom(name),
      }),
    );
    return { name, executionClient, conductor, opNode, ...proxy };
  };
  const sequencers = [await sequencer("sequencer-0"), await sequencer("sequencer-1")] as const;
  all.push(...sequencers);
  return { raft, builder, sequencers, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

const ADMIN_TOKEN = randomBytes(16).toString("hex");

async function startSharedProxy(
  document: ConfigFile,
  {
    jwtSecret,
    builder,
    clock,
  }: { readonly jwtSecret: string; readonly builder: ExecutionClient; readonly clock: Clock },
  stack: AsyncDisposableStack,
) {
  const dir = await mkdtemp(join(tmpdir(), "rollup-boost-shared-"));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  await Promise.all([
    writeFile(join(dir, "execution-client.jwt"), jwtSecret),
    writeFile(join(dir, `builder-${builder.name}.jwt`), builder.jwtSecret),
    writeFile(join(dir, "admin-token"), ADMIN_TOKEN),
    writeFile(join(dir, "mounted.json"), JSON.stringify(document)),
  ]);
  const log: string[] = [];
  const start = (enginePort: number, adminPort: number) =>
    startProxy(
      {
        config: join(dir, "mounted.json"),
        secretsDir: dir,
        stateDir: join(dir, "state"),
        host: "127.0.0.1",
        enginePort,
        rpcPort: 0,
        adminPort,
        debugHost: "127.0.0.1",
        debugPort: 0,
        drainSeconds: 0,
        logLevel: "silent",
        exitWithParent: false,
      },
      { clock, log: pino({ level: "info" }, { write: (line) => void log.push(line) }) },
    );
  let proxy = await start(0, 0);
  stack.defer(() => proxy.close());
  const { engine, admin } = proxy.ports;
  const adminUrl = `http://127.0.0.1:${admin}`;
  return {
    engineUrl: `http://127.0.0.1:${engine}`,
    adminUrl,
    log,
    status: async () => ProxyStatus.parse(await (await fetch(`${adminUrl}/status`)).json()),
    push: async (change: Partial<ConfigFile>) => {
      const body = JSON.stringify({ ...document, revision: document.revision + 1, ...change });
      const answer = await post(`${adminUrl}/config`, body, { authorization: `Bearer ${ADMIN_TOKEN}` }, "PUT");
      return ConfigPushAnswer.parse(answer.json());
    },
    restartProxy: async () => {
      await proxy.close();
      proxy = await start(engine, admin);
    },
  };
}
