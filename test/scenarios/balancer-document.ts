import { type BalancerConfig, type ConfigFile, defaultSelection } from "../../proxy/contract/config-file.ts";
import type { ExecutionClient } from "../devnet/execution-client.ts";

/** The file of the secret that proxies and balancers share. */
export const BALANCER_SECRET_FILE = "balancer.jwt";

/** Patient, as a slow machine must not make a good builder late. */
const TIMING: ConfigFile["timing"] = {
  blockTimeMs: 2_000,
  builderDeadlineMs: 1_600,
  decisionDeadlineMs: 4_000,
  graceMs: 800,
};

/** A balancer's config document, revision 1. */
export const balancerDocument = (
  name: string,
  builders: readonly ExecutionClient[],
  timing: Partial<ConfigFile["timing"]> = {},
): BalancerConfig => ({
  schemaVersion: 1,
  revision: 1,
  cluster: "base-sepolia",
  sequencer: name,
  role: "balancer",
  executionMode: "enabled",
  inboundJwtSecretFile: BALANCER_SECRET_FILE,
  builders: builders.map((builder) => ({
    name: builder.name,
    url: builder.engineUrl,
    jwtSecretFile: `${builder.name}.jwt`,
    forwardTransactions: true,
  })),
  selection: defaultSelection,
  timing: { ...TIMING, ...timing },
});

/** The config document of a sequencer's proxy in front of balancers, revision 1. */
export const proxyDocument = (
  sequencer: { readonly executionClient: ExecutionClient; readonly conductor: { readonly url: string } },
  name: string,
  balancers: readonly { readonly name: string; readonly url: string }[],
  timing: Partial<ConfigFile["timing"]> = {},
): ConfigFile => ({
  schemaVersion: 1,
  revision: 1,
  cluster: "base-sepolia",
  sequencer: name,
  role: "sequencer",
  executionMode: "enabled",
  executionClient: {
    url: sequencer.executionClient.engineUrl,
    rpcUrl: sequencer.executionClient.rpcUrl,
    jwtSecretFile: `${name}.jwt`,
  },
  conductor: { url: sequencer.conductor.url },
  driving: "shared",
  buildersAre: "balancers",
  builders: balancers.map((balancer) => ({
    name: balancer.name,
    url: balancer.url,
    jwtSecretFile: BALANCER_SECRET_FILE,
    forwardTransactions: true,
  })),
  selection: defaultSelection,
  timing: { ...TIMING, ...timing },
});
