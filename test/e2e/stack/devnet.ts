import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { BlockWatch } from "../chain/block-watch.ts";
import { TransactionFeed } from "../chain/transaction-feed.ts";
import { freePortBlock } from "../processes/free-ports.ts";
import { Programs } from "../processes/programs.ts";
import { builderUser, executionClientUser } from "./accounts.ts";
import { startBeacon } from "./beacon.ts";
import { l1Genesis, l2Genesis } from "./genesis.ts";
import { initOpGeth, type OpGeth, type OpGethPlace, peer, startL1, startL2 } from "./op-geth.ts";
import { startOpNode } from "./op-node.ts";
import { type Operator, startOperator } from "./operator.ts";
import { rollupConfig } from "./rollup-config.ts";

/** op-node takes whole seconds; the shortest makes the shortest run. */
const BLOCK_TIME_SECONDS = 1;
const L1_SLOT_SECONDS = 4;
/** Longer than what follows from the block time: a machine that does other things too may stand still for 0.3 s. */
const TIMING = { blockTimeMs: BLOCK_TIME_SECONDS * 1_000, builderDeadlineMs: 250, decisionDeadlineMs: 600 };

/** A running OP chain: op-node, op-geth as execution client and as builder, the operator with its proxy between them. */
export type Devnet = AsyncDisposable & {
  readonly blockTimeMs: number;
  /** What the execution client shows of the chain, from the first block. */
  readonly watch: BlockWatch;
  readonly proxyStatus: Operator["proxyStatus"];
  /** SIGSTOP: connections stay open and nothing answers. */
  readonly hangBuilder: () => void;
  /** SIGCONT after `hangBuilder`. */
  readonly continueBuilder: () => void;
  readonly killBuilder: () => Promise<void>;
  /** Starts a killed builder on the data it had; resolves when its RPC answers and it has its peer. */
  readonly restartBuilder: () => Promise<void>;
};

/** Starts everything on free loopback ports in a temporary folder; disposing it ends and removes all of it. */
export async function startDevnet(): Promise<Devnet> {
  await using stack = new AsyncDisposableStack();
  const programs = stack.use(await Programs.create());
  const port = await freePortBlock(16);
  const place = (name: string, firstPort: number): OpGethPlace => ({
    name,
    dataDir: join(programs.folder, name),
    firstPort,
  });
  const places = {
    l1: place("l1", port),
    client: place("execution-client", port + 3),
    builder: place("builder", port + 6),
  };
  const clientJwt = randomBytes(32).toString("hex");
  const builderJwt = randomBytes(32).toString("hex");

  const genesisTimeSeconds = Math.floor(Date.now() / 1_000);
  const l1GenesisFile = l1Genesis(genesisTimeSeconds);
  const l2GenesisFile = l2Genesis(genesisTimeSeconds);
  await Promise.all([
    initOpGeth(places.l1, l1GenesisFile),
    initOpGeth(places.client, l2GenesisFile),
    initOpGeth(places.builder, l2GenesisFile),
  ]);
  const [l1, executionClient, firstBuilder] = await Promise.all([
    startL1(programs, places.l1, L1_SLOT_SECONDS),
    startL2(programs, places.client, clientJwt),
    startL2(programs, places.builder, builderJwt),
  ]);
  const [beacon, operator, rollup] = await Promise.all([
    startBeacon(port + 9, { slotSeconds: L1_SLOT_SECONDS, genesisTimeSeconds }),
    startOperator(programs, {
      executionClient: { ...executionClient, jwt: clientJwt },
      builder: { ...firstBuilder, jwt: builderJwt },
      timing: TIMING,
      firstPort: port + 11,
    }),
    readGenesis(l1, executionClient),
    peer(firstBuilder, executionClient),
  ]);
  stack.use(beacon);
  stack.use(new TransactionFeed(firstBuilder, builderUser));
  stack.use(new TransactionFeed(executionClient, executionClientUser));
  await startOpNode(programs, {
    l1RpcUrl: l1.rpcUrl,
    l1Genesis: l1GenesisFile,
    beaconUrl: beacon.url,
    engineUrl: operator.engineUrl,
    jwt: clientJwt,
    rollupConfig: rollupConfig(rollup, BLOCK_TIME_SECONDS),
    rpcPort: port + 10,
  });
  const watch = stack.use(new BlockWatch(executionClient, programs.failure));

  let builder = firstBuilder;
  const owned = stack.move();
  return {
    blockTimeMs: TIMING.blockTimeMs,
    watch,
    proxyStatus: operator.proxyStatus,
    hangBuilder: () => builder.program.signal("SIGSTOP"),
    continueBuilder: () => builder.program.signal("SIGCONT"),
    killBuilder: () => builder.program.kill(),
    restartBuilder: async () => {
      builder = await startL2(programs, places.builder, builderJwt);
      await peer(builder, executionClient);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function readGenesis(l1: OpGeth, l2: OpGeth) {
  const [first1, first2] = await Promise.all([l1, l2].map(({ client }) => client.getBlock({ blockNumber: 0n })));
  if (first1 === undefined || first2 === undefined) throw new Error("a chain without a genesis block");
  return { l1Hash: first1.hash, l2Hash: first2.hash, l2TimeSeconds: Number(first2.timestamp) };
}
