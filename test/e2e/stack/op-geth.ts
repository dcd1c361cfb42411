import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createPublicClient, http, type PublicClient, type PublicRpcSchema, rpcSchema } from "viem";
import { goBinary } from "../binaries/go-binaries.ts";
import type { Program, Programs } from "../processes/programs.ts";
import { waitUntil } from "../processes/wait-until.ts";
import { L2_CHAIN_ID } from "./genesis.ts";

/** A stopped op-geth keeps its sockets open and silent; nothing here may wait for it for long. */
const RPC_TIMEOUT_MS = 1_000;
const START_DEADLINE_MS = 20_000;
const PEERED_DEADLINE_MS = 10_000;

type AdminRpcSchema = readonly [
  { Method: "admin_nodeInfo"; Parameters?: undefined; ReturnType: { readonly enode: string } },
  { Method: "admin_addPeer"; Parameters: [enode: string]; ReturnType: boolean },
  { Method: "admin_peers"; Parameters?: undefined; ReturnType: readonly unknown[] },
];
type GethRpcSchema = [...PublicRpcSchema, ...AdminRpcSchema];

/** A running op-geth. */
export type OpGeth = {
  readonly program: Program;
  readonly rpcUrl: string;
  readonly engineUrl: string;
  readonly client: PublicClient<ReturnType<typeof http>, undefined, undefined, GethRpcSchema>;
};

/** One op-geth's place on the machine; a second start with the same place goes on with the same data. */
export type OpGethPlace = {
  readonly name: string;
  readonly dataDir: string;
  /** The first of three ports: RPC, Engine API, p2p. */
  readonly firstPort: number;
};

/** Writes the genesis block into the data directory. */
export async function initOpGeth(place: OpGethPlace, genesis: object): Promise<void> {
  const genesisFile = `${place.dataDir}-genesis.json`;
  await writeFile(genesisFile, JSON.stringify(genesis));
  await promisify(execFile)(goBinary("op-geth"), [
    "init",
    "--datadir",
    place.dataDir,
    "--state.scheme=hash",
    genesisFile,
  ]);
}

/** Starts `op-geth --dev` as L1 and resolves when its RPC answers. */
export const startL1 = (programs: Programs, place: OpGethPlace, slotSeconds: number): Promise<OpGeth> =>
  startOpGeth(programs, place, ["--dev", `--dev.period=${slotSeconds}`]);

/**
 * Starts op-geth on the OP chain and resolves when its RPC answers. Transactions are not gossiped: only the one that is
 * given a transaction can put it into a block, so a block shows who built it.
 */
export async function startL2(programs: Programs, place: OpGethPlace, jwt: string): Promise<OpGeth> {
  const jwtFile = join(programs.folder, `${place.name}.jwt`);
  await writeFile(jwtFile, jwt);
  return startOpGeth(programs, place, [
    `--networkid=${L2_CHAIN_ID}`,
    `--authrpc.jwtsecret=${jwtFile}`,
    "--syncmode=full",
    "--rollup.disabletxpoolgossip",
  ]);
}

/** Makes them peers: an op-geth that missed blocks fetches them from its peers, or stays SYNCING for ever. */
export async function peer(dialer: OpGeth, listener: OpGeth): Promise<void> {
  const { enode } = await listener.client.request({ method: "admin_nodeInfo" });
  await dialer.client.request({ method: "admin_addPeer", params: [enode] });
  await waitUntil(
    `${dialer.program.name} and ${listener.program.name} are peers`,
    async () => ((await dialer.client.request({ method: "admin_peers" })).length > 0 ? true : undefined),
    { deadlineMs: PEERED_DEADLINE_MS },
  );
}

async function startOpGeth(programs: Programs, place: OpGethPlace, args: readonly string[]): Promise<OpGeth> {
  const [rpcPort, enginePort, p2pPort] = [place.firstPort, place.firstPort + 1, place.firstPort + 2];
  const program = programs.start({
    name: place.name,
    file: goBinary("op-geth"),
    args: [
      `--datadir=${place.dataDir}`,
      `--http`,
      `--http.port=${rpcPort}`,
      "--http.api=eth,net,admin",
      `--authrpc.port=${enginePort}`,
      `--port=${p2pPort}`,
      "--ipcdisable",
      "--nodiscover",
      "--nat=none",
      "--netrestrict=127.0.0.0/8",
      "--maxpeers=2",
      // Every block's state is on disk at once: a killed op-geth goes on where it was.
      "--state.scheme=hash",
      "--gcmode=archive",
      "--cache=128",
      ...args,
    ],
  });
  const rpcUrl = `http://127.0.0.1:${rpcPort}`;
  const client = createPublicClient({
    transport: http(rpcUrl, { retryCount: 0, timeout: RPC_TIMEOUT_MS }),
    rpcSchema: rpcSchema<GethRpcSchema>(),
  });
  await waitUntil(`${place.name} answers`, () => client.getChainId(), {
    deadlineMs: START_DEADLINE_MS,
    failure: programs.failure,
  });
  return { program, rpcUrl, engineUrl: `http://127.0.0.1:${enginePort}`, client };
}
