import { type ConfigFile, defaultSelection, defaultTiming } from "../../../../proxy/contract/config-file.ts";

/** A good config document with some fields changed. */
export const documentOf = (change: Partial<ConfigFile> = {}): ConfigFile => ({
  schemaVersion: 1,
  revision: 1,
  cluster: "base-sepolia",
  sequencer: "sequencer-0",
  role: "sequencer",
  executionMode: "enabled",
  executionClient: {
    url: "http://op-geth-0:8551",
    rpcUrl: "http://op-geth-0:8545",
    jwtSecretFile: "execution-client.jwt",
  },
  driving: "exclusive",
  builders: [
    { name: "rbuilder", url: "http://rbuilder:8551", jwtSecretFile: "builder-rbuilder.jwt", forwardTransactions: true },
  ],
  selection: defaultSelection,
  timing: defaultTiming(2_000),
  ...change,
});
