import { type BalancerConfig, type ConfigFile, defaultSelection } from "../../proxy/contract/config-file.ts";
import { documentOf } from "../unit/proxy/kit/document.ts";

/** What the documents of a world have in common. */
type World = { readonly blockTimeMs: number; readonly minGasUsedPercent: number; readonly builders: readonly string[] };

/** The document of a sequencer's proxy. */
export const proxyDocument = (
  sequencer: string,
  executionClient: string,
  { driving, buildersAre, ...world }: World & Pick<ConfigFile, "driving" | "buildersAre">,
): ConfigFile =>
  documentOf({
    sequencer,
    driving,
    ...(buildersAre === undefined ? {} : { buildersAre }),
    conductor: { url: `http://conductor-of-${sequencer}:8547` },
    executionClient: {
      url: `http://${executionClient}:8551`,
      rpcUrl: `http://${executionClient}:8545`,
      jwtSecretFile: "engine-jwt",
    },
    ...buildingOf(world),
  });

/** The document of a balancer. */
export const balancerDocument = (balancer: string, world: World): BalancerConfig => ({
  schemaVersion: 1,
  revision: 1,
  cluster: "base-sepolia",
  sequencer: balancer,
  role: "balancer",
  executionMode: "enabled",
  inboundJwtSecretFile: "balancer-jwt",
  ...buildingOf(world),
});

const buildingOf = ({
  blockTimeMs,
  minGasUsedPercent,
  builders,
}: World): Pick<ConfigFile, "builders" | "selection" | "timing"> => ({
  builders: builders.map((name) => ({
    name,
    url: `http://${name}:8551`,
    jwtSecretFile: `${name}-jwt`,
    forwardTransactions: true,
  })),
  selection: { ...defaultSelection, minGasUsedPercent },
  timing: {
    blockTimeMs,
    builderDeadlineMs: Math.round(blockTimeMs / 10),
    decisionDeadlineMs: Math.round(blockTimeMs / 4),
    graceMs: 30,
  },
});
