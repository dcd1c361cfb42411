import type { BalancerConfig } from "../contract/config-file.ts";
import { type BuilderWiring, type WiringDependencies, wireBuilders } from "../wiring.ts";

/** The wiring of a balancer's document. Parts of the wiring before that did not change are kept, with their connections. */
export function wireBalancer(
  config: BalancerConfig,
  before: BuilderWiring<BalancerConfig> | undefined,
  dependencies: WiringDependencies,
): BuilderWiring<BalancerConfig> {
  const { builders: upstreams, inboundJwtSecretFile: inboundFile } = config;
  return wireBuilders(config, before, { ...dependencies, inboundFile, upstreams, isKept: true }).wiring;
}
