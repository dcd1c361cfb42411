import { type ConfigFile, defaultSelection } from "../../proxy/contract/config-file.ts";
import type { ExecutionClient } from "../devnet/execution-client.ts";

/** Deadlines that a slow machine keeps; 2-second blocks. */
const PATIENT: ConfigFile["timing"] = {
  blockTimeMs: 2_000,
  builderDeadlineMs: 3_000,
  decisionDeadlineMs: 6_000,
  graceMs: 2_000,
};

/** The config document for one sequencer of simulated clients, revision 1. */
export const worldDocument = (
  clients: { readonly executionClient: ExecutionClient; readonly builders: readonly ExecutionClient[] },
  timing: Partial<ConfigFile["timing"]> = {},
): ConfigFile => ({
  schemaVersion: 1,
  revision: 1,
  cluster: "base-sepolia",
  sequencer: "sequencer-0",
  role: "sequencer",
  executionMode: "enabled",
  executionClient: {
    url: clients.executionClient.engineUrl,
    rpcUrl: clients.executionClient.rpcUrl,
    jwtSecretFile: "execution-client.jwt",
  },
  driving: "exclusive",
  builders: clients.builders.map(({ name, engineUrl }) => ({
    name,
    url: engineUrl,
    jwtSecretFile: `builder-${name}.jwt`,
    forwardTransactions: true,
  })),
  selection: defaultSelection,
  timing: { ...PATIENT, ...timing },
});
