import type { RollupBoostCluster } from "../../../../operator/api/cluster.ts";
import { parseCluster } from "../../../../operator/api/parse-cluster.ts";

const jwtSecretRef = { name: "engine-jwt", key: "jwt.hex" };

const sequencer = (index: number) => ({
  name: `sequencer-${index}`,
  executionClient: { url: `http://op-geth-${index}:8551`, rpcUrl: `http://op-geth-${index}:8545`, jwtSecretRef },
  conductor: { url: `http://op-conductor-${index}:8547`, raftServerId: `raft-${index}` },
  builder: `builder-${index}`,
});

const builder = (index: number) => ({
  name: `builder-${index}`,
  url: `http://builder-${index}:8551`,
  jwtSecretRef: { name: "builder-jwt", key: "jwt.hex" },
});

/** A manifest with two sequencers, each paired with its builder; `spec` replaces fields of the spec. */
export const manifest = (spec: Readonly<Record<string, unknown>> = {}) => ({
  apiVersion: "rollup-boost.dev/v1alpha1",
  kind: "RollupBoostCluster",
  metadata: { name: "base-sepolia", namespace: "op-stack", uid: "uid-1", generation: 3 },
  spec: {
    topology: "OneToOne",
    sequencers: [sequencer(0), sequencer(1)],
    builders: [builder(0), builder(1)],
    ...spec,
  },
});

/** The same, parsed. */
export function cluster(spec: Readonly<Record<string, unknown>> = {}): RollupBoostCluster {
  const parsed = parseCluster(manifest(spec));
  if (parsed.kind === "invalid") throw new Error(JSON.stringify(parsed.problems));
  return parsed.cluster;
}
