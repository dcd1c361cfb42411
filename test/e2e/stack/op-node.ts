import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { goBinary } from "../binaries/go-binaries.ts";
import type { Program, Programs } from "../processes/programs.ts";

export type OpNodeOptions = {
  readonly l1RpcUrl: string;
  readonly l1Genesis: object;
  readonly beaconUrl: string;
  /** What op-node takes for its execution client: the proxy. It must listen already, or op-node exits (E-5). */
  readonly engineUrl: string;
  readonly jwt: string;
  readonly rollupConfig: object;
  readonly rpcPort: number;
};

/** Starts op-node as the only sequencer of the chain. */
export async function startOpNode(programs: Programs, options: OpNodeOptions): Promise<Program> {
  const file = (name: string): string => join(programs.folder, name);
  await Promise.all([
    writeFile(file("op-node.jwt"), options.jwt),
    writeFile(file("rollup.json"), JSON.stringify(options.rollupConfig)),
    writeFile(file("l1-chain-config.json"), JSON.stringify(options.l1Genesis)),
  ]);
  return programs.start({
    name: "op-node",
    file: goBinary("op-node"),
    args: [
      `--l1=${options.l1RpcUrl}`,
      "--l1.trustrpc",
      "--l1.rpckind=standard",
      "--l1.http-poll-interval=1s",
      `--l1.beacon=${options.beaconUrl}`,
      "--l1.beacon.ignore",
      `--l2=${options.engineUrl}`,
      `--l2.jwt-secret=${file("op-node.jwt")}`,
      "--l2.enginekind=geth",
      `--rollup.config=${file("rollup.json")}`,
      `--rollup.l1-chain-config=${file("l1-chain-config.json")}`,
      "--sequencer.enabled",
      "--sequencer.l1-confs=0",
      "--verifier.l1-confs=0",
      "--p2p.disable",
      "--rpc.addr=127.0.0.1",
      `--rpc.port=${options.rpcPort}`,
    ],
  });
}
