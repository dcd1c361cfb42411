import { join } from "node:path";
import { z } from "zod";
import { goBinary } from "../binaries/go-binaries.ts";
import type { Programs } from "../processes/programs.ts";

/** A single op-conductor that looks at its sequencer's health every second. */
export type OpConductor = {
  /** Its verdict on its sequencer; rejects while it does not answer. */
  isSequencerHealthy(): Promise<boolean>;
};

/** Starts an op-conductor; it takes its ports from four consecutive free ones. `flags`: how it reads rollup-boost's health. */
export function startOpConductor(
  programs: Programs,
  options: {
    readonly executionRpc: string;
    readonly nodeRpc: string;
    readonly firstPort: number;
    readonly flags: readonly string[];
  },
): OpConductor {
  const { executionRpc, nodeRpc, firstPort, flags } = options;
  programs.start({
    name: `op-conductor-${firstPort}`,
    file: goBinary("op-conductor"),
    args: [
      "--network=op-sepolia",
      `--execution.rpc=${executionRpc}`,
      `--node.rpc=${nodeRpc}`,
      "--raft.server.id=sequencer-0",
      `--raft.storage.dir=${join(programs.folder, `raft-${firstPort}`)}`,
      "--raft.bootstrap",
      "--consensus.addr=127.0.0.1",
      `--consensus.port=${firstPort}`,
      "--rpc.addr=127.0.0.1",
      `--rpc.port=${firstPort + 1}`,
      `--websocket.server-port=${firstPort + 2}`,
      "--healthcheck.interval=1",
      "--healthcheck.unsafe-interval=5",
      "--healthcheck.min-peer-count=1",
      ...flags,
    ],
  });
  return {
    isSequencerHealthy: async () => {
      const answer = await fetch(`http://127.0.0.1:${firstPort + 1}`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"jsonrpc":"2.0","id":1,"method":"conductor_sequencerHealthy","params":[]}',
      });
      return z.object({ result: z.boolean() }).parse(await answer.json()).result;
    },
  };
}
