import { CallJournal, type RecordedCall } from "./call-journal.ts";
import { Chain } from "./chain.ts";
import { engineMethods } from "./engine-methods.ts";
import { ethMethods, netMethods } from "./eth-methods.ts";
import type { Block } from "./execution-payload.ts";
import { type Fault, FaultBook, type Lift } from "./fault-book.ts";
import { type Fork, forks } from "./fork.ts";
import { genesisBlock } from "./genesis.ts";
import { JsonRpcServer } from "./json-rpc-server.ts";
import { jwtKey, jwtProblem } from "./jwt.ts";
import { type PayloadFault, payloadFault } from "./payload-fault.ts";
import { PayloadJobs } from "./payload-jobs.ts";
import { type Peer, syncFromPeers } from "./peer-sync.ts";
import { type OwnTransactions, TransactionPool } from "./transaction-pool.ts";

export type ExecutionClientOptions = {
  readonly name: string;
  /** 64 hex characters. */
  readonly jwtSecret: string;
  /** Default jovian: getPayloadV4, newPayloadV4. */
  readonly fork?: Fork;
  /** All clients of one chain need the same. Default: the same for all of this process. */
  readonly genesisTimestampS?: number;
  /** Default: any free ports. */
  readonly enginePort?: number;
  readonly rpcPort?: number;
  /** Transactions of its own in every block. Default: two of 120 bytes. */
  readonly ownTransactions?: OwnTransactions;
  /** Give builders another salt than execution clients: payload ids differ between makes of clients (E-17). Default "". */
  readonly payloadIdSalt?: string;
};

/**
 * A simulated execution client, used as a sequencer's EL and as a builder (a builder is an EL with transactions of its own).
 * Engine API with JWT on one port, plain JSON-RPC on another. Keeps its chain when stopped; loses its payload jobs.
 */
export type ExecutionClient = AsyncDisposable & {
  readonly name: string;
  /** The one it was started with. */
  readonly jwtSecret: string;
  readonly engineUrl: string;
  readonly rpcUrl: string;
  readonly listening: boolean;
  head(): Block;
  /** By hash, or the canonical one by number. */
  block(which: string | number): Block | undefined;
  /** What arrived on both ports, oldest first; `engine_newPayload*` stands for all its versions. */
  calls(method?: string): readonly RecordedCall[];
  forgetCalls(): void;
  /** Makes calls of a method fail until lifted; `*` at the end stands for any rest. The newest matching fault counts. */
  fault(method: string, fault: Fault & PayloadFault): Lift;
  /** Lifts all faults, or those given under this method name. */
  heal(method?: string): void;
  /** Takes tokens of this secret only, as after a restart with another secret file, but without the pause. */
  useJwtSecret(jwtSecret: string): void;
  /** Ports closed, connections broken, as kill -9. */
  stop(): Promise<void>;
  /** The same ports again. */
  start(): Promise<void>;
  /** Back to genesis: SYNCING for every block it does not get from the start, or from a peer. */
  forgetChain(): void;
  /** All payload ids unknown, as after a restart. */
  forgetJobs(): void;
  /** Blocks it lacks are fetched from these clients while they listen, as by EL p2p. Without peers SYNCING stays. */
  peerWith(...others: readonly Peer[]): void;
};

/** As op-geth's auth port and plain port (E-4). */
const ENGINE_BODY_BYTES_MAX = 128 * 1024 * 1024;
const RPC_BODY_BYTES_MAX = 5 * 1024 * 1024;

/** On a slot of every block time that divides a minute. */
const GENESIS_TIMESTAMP_S = Math.floor(Date.now() / 60_000) * 60;

/** How long EL p2p takes to bring what is missing. */
const SYNC_MS = 50;

/** Starts a simulated execution client on loopback. Rejects with the system's error, e.g. EADDRINUSE. */
export async function startExecutionClient(options: ExecutionClientOptions): Promise<ExecutionClient> {
  const rules = forks[options.fork ?? "jovian"];
  const chain = new Chain(genesisBlock(rules, options.genesisTimestampS ?? GENESIS_TIMESTAMP_S), rules);
  const pool = new TransactionPool(options.name, options.ownTransactions ?? { count: 2, bytes: 120 });
  const jobs = new PayloadJobs();
  const journal = new CallJournal();
  const faults = new FaultBook();
  let key = jwtKey(options.jwtSecret);
  const peers: Peer[] = [];

  const eth = ethMethods(chain, pool);
  const engine = engineMethods({
    chain,
    jobs,
    pool,
    rules,
    lacks: (hash, head) => void setTimeout(syncFromPeers, SYNC_MS, chain, peers, hash, head).unref(),
    payloadIdSalt: options.payloadIdSalt ?? "",
    clientName: options.name,
  });
  const shared = { faults, journal, now: Date.now };
  const engineServer = new JsonRpcServer(
    {
      endpoint: "engine",
      port: options.enginePort ?? 0,
      bodyBytesMax: ENGINE_BODY_BYTES_MAX,
      authorize: (authorization) => jwtProblem(authorization, key, Date.now() / 1000),
    },
    { ...shared, methods: { ...eth, ...engine } },
  );
  const rpcServer = new JsonRpcServer(
    { endpoint: "rpc", port: options.rpcPort ?? 0, bodyBytesMax: RPC_BODY_BYTES_MAX },
    { ...shared, methods: { ...eth, ...netMethods(options.name, () => peers.length) } },
  );
  const stop = async (): Promise<void> => {
    jobs.forget();
    await Promise.all([engineServer.stop(), rpcServer.stop()]);
  };
  const start = async (): Promise<void> => {
    try {
      await engineServer.start();
      await rpcServer.start();
    } catch (error) {
      await stop();
      throw error;
    }
  };
  await start();

  return {
    name: options.name,
    jwtSecret: options.jwtSecret,
    engineUrl: engineServer.url,
    rpcUrl: rpcServer.url,
    get listening() {
      return engineServer.listening;
    },
    head: () => chain.head,
    block: (which) => (typeof which === "string" ? chain.block(which) : chain.canonical(BigInt(which))),
    calls: (method) => journal.calls(method),
    forgetCalls: () => journal.forget(),
    fault: (method, fault) =>
      faults.add(
        method,
        payloadFault(fault, rules, (hash) => chain.block(hash)),
      ),
    heal: (method) => faults.heal(method),
    useJwtSecret: (jwtSecret) => {
      key = jwtKey(jwtSecret);
    },
    stop,
    start,
    forgetChain: () => {
      chain.forget();
      jobs.forget();
    },
    forgetJobs: () => jobs.forget(),
    peerWith: (...others) => void peers.push(...others),
    [Symbol.asyncDispose]: stop,
  };
}
