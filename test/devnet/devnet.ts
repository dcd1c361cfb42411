import { randomBytes } from "node:crypto";
import { type Conductor, Raft, startConductor } from "./conductor.ts";
import { type ExecutionClient, startExecutionClient } from "./execution-client.ts";
import type { UnsafePayload } from "./execution-payload.ts";
import type { Fork } from "./fork.ts";
import { OpNode } from "./op-node.ts";
import type { BlockRequest, BuiltBlock } from "./sequenced-block.ts";
import type { OwnTransactions } from "./transaction-pool.ts";

/** Where a part listens; what is not given gets any free port. */
type Ports = { readonly engine?: number; readonly rpc?: number };

export type DevnetOptions = {
  /** Default: `sequencer-0`. The first one leads. */
  readonly sequencers?: readonly string[];
  /** Default: `builder-0`. */
  readonly builders?: readonly string[];
  /** Default 2000. */
  readonly blockTimeMs?: number;
  /** Default jovian. */
  readonly fork?: Fork;
  /** Default: random, the same for all. By name of the sequencer or builder, 64 hex characters. */
  readonly jwtSecrets?: Readonly<Record<string, string>>;
  /** By name of the sequencer or builder. */
  readonly ports?: Readonly<Record<string, Ports>>;
  /** By name of the sequencer. */
  readonly conductorPorts?: Readonly<Record<string, number>>;
  /** Transactions of a builder's own in each of its blocks. Default: eight of 120 bytes. */
  readonly builderTransactions?: OwnTransactions;
};

/** One HA member. */
type Sequencer = {
  readonly name: string;
  readonly executionClient: ExecutionClient;
  readonly opNode: OpNode;
  readonly conductor: Conductor;
};

/**
 * A simulated OP Stack in this process, on loopback: sequencers (execution client, op-node, op-conductor) and builders, peered
 * with the execution clients as by EL p2p. op-nodes drive their execution clients until `opNode.useEngine(proxyUrl)`.
 */
export type Devnet = AsyncDisposable & {
  readonly sequencers: readonly Sequencer[];
  readonly builders: readonly ExecutionClient[];
  readonly raft: Raft;
  /** Throws where the name is unknown. */
  sequencer(name: string): Sequencer;
  builder(name: string): ExecutionClient;
  /** Throws where nobody leads. */
  leader(): Sequencer;
  /** One block by the leader, by hand, taken in by the followers when this resolves. Rejects with BlockFailure. */
  buildBlock(request?: BlockRequest): Promise<BuiltBlock>;
  /** The leader sequences by itself, in time with the clock, until the devnet ends. */
  run(): Promise<void>;
  /** As op-conductor: stops the old leader's sequencing, then starts the new one's from the committed block. */
  transferLeader(to: string): Promise<void>;
};

const DEFAULT_BUILDER_TRANSACTIONS: OwnTransactions = { count: 8, bytes: 120 };

/** Starts all parts. Rejects with the system's error (EADDRINUSE) and leaves nothing behind. */
export async function startDevnet(options: DevnetOptions = {}): Promise<Devnet> {
  const stack = new AsyncDisposableStack();
  try {
    return await assemble(options, stack);
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function assemble(options: DevnetOptions, stack: AsyncDisposableStack): Promise<Devnet> {
  const { blockTimeMs = 2_000, fork = "jovian" } = options;
  const secret = randomBytes(32).toString("hex");
  const genesisTimestampS = Math.floor(Date.now() / blockTimeMs) * (blockTimeMs / 1000);
  const raft = new Raft(options.sequencers ?? ["sequencer-0"]);
  const sequencers: Sequencer[] = [];
  const builders: ExecutionClient[] = [];

  const client = async (name: string, own: OwnTransactions | undefined, salt: string): Promise<ExecutionClient> => {
    const { engine = 0, rpc = 0 } = options.ports?.[name] ?? {};
    const common = { name, fork, genesisTimestampS, enginePort: engine, rpcPort: rpc, payloadIdSalt: salt };
    const jwtSecret = options.jwtSecrets?.[name] ?? secret;
    return stack.use(await startExecutionClient({ ...common, jwtSecret, ...(own && { ownTransactions: own }) }));
  };
  const gossipFrom =
    (from: string) =>
    async (payload: UnsafePayload): Promise<void> => {
      const followers = sequencers.filter((sequencer) => sequencer.name !== from);
      await Promise.all(followers.map(({ opNode }) => opNode.receiveGossip(payload)));
    };

  for (const name of raft.members) {
    const executionClient = await client(name, undefined, "");
    const conductor = stack.use(await startConductor({ name, raft, port: options.conductorPorts?.[name] ?? 0 }));
    const { jwtSecret, engineUrl } = executionClient;
    const gossip = gossipFrom(name);
    const opNode = new OpNode({ name, engineUrl, jwtSecret, blockTimeMs, fork, conductorUrl: conductor.url, gossip });
    sequencers.push({ name, executionClient, conductor, opNode: stack.use(opNode) });
  }
  for (const name of options.builders ?? ["builder-0"]) {
    builders.push(await client(name, options.builderTransactions ?? DEFAULT_BUILDER_TRANSACTIONS, "builder"));
  }
  const executionClients = sequencers.map((sequencer) => sequencer.executionClient);
  for (const each of [...executionClients, ...builders]) {
    each.peerWith(...executionClients.filter((other) => other !== each));
  }

  const sequencer = (name: string): Sequencer => named(sequencers, name);
  const leader = (): Sequencer => sequencer(raft.leader ?? "");
  return {
    sequencers,
    builders,
    raft,
    sequencer,
    builder: (name) => named(builders, name),
    leader,
    buildBlock: (request) => leader().opNode.buildBlock(request),
    run: () => leader().opNode.startSequencing(undefined),
    transferLeader: async (to) => {
      const next = sequencer(to);
      const old = raft.leader === undefined ? undefined : sequencer(raft.leader);
      const wasSequencing = old?.opNode.sequencing === true;
      await old?.opNode.stopSequencing();
      raft.lead(to);
      if (wasSequencing) await next.opNode.startSequencing(raft.committed);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function named<T extends { readonly name: string }>(all: readonly T[], name: string): T {
  const found = all.find((one) => one.name === name);
  if (found === undefined)
    throw new Error(`no ${JSON.stringify(name)}; there are: ${all.map((one) => one.name).join(", ")}`);
  return found;
}
