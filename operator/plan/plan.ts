import type { RollupBoostCluster } from "../api/cluster.ts";
import { heldConfig, plannedConfig } from "./config-documents.ts";
import { configMap } from "./manifests/config-map.ts";
import { deployment } from "./manifests/deployment.ts";
import { service } from "./manifests/service.ts";
import { sharedChildren } from "./manifests/shared-children.ts";
import type { Manifest, Observed, Plan, PlannedConfig, PlanOptions } from "./model.ts";
import { lackingSecretsOf, plannedSecret } from "./secrets.ts";
import { statusOf } from "./status.ts";

/** Everything the operator decides, in one pure step: same cluster, same observation, same plan. */
export function plan(cluster: RollupBoostCluster, observed: Observed, options: PlanOptions): Plan {
  return lackingSecretsOf(cluster, observed).length === 0
    ? fullPlan(cluster, observed, options)
    : heldPlan(cluster, observed);
}

function fullPlan(cluster: RollupBoostCluster, observed: Observed, options: PlanOptions): Plan {
  const { sequencers } = cluster.spec;
  const configs = sequencers.map((sequencer) => plannedConfig(cluster, sequencer, observed));
  return {
    configs,
    secrets: sequencers.map((sequencer) => plannedSecret(cluster, sequencer)),
    manifests: [
      ...configMaps(cluster, configs),
      ...sequencers.flatMap((sequencer) => [deployment(cluster, sequencer, options), service(cluster, sequencer)]),
    ],
    shared: sharedChildren(cluster),
    status: statusOf(cluster, observed, configs),
  };
}

/** What a JWT secret that cannot be used, and was never copied, leaves: nothing new, but the shut-off for the proxies that run already. */
function heldPlan(cluster: RollupBoostCluster, observed: Observed): Plan {
  const configs = cluster.spec.sequencers.flatMap(
    ({ name }) => heldConfig(cluster.spec.executionMode, observed.sequencers[name]) ?? [],
  );
  return {
    configs,
    secrets: [],
    manifests: configMaps(cluster, configs),
    shared: [],
    status: statusOf(cluster, observed, configs),
  };
}

const configMaps = (cluster: RollupBoostCluster, configs: readonly PlannedConfig[]): readonly Manifest[] =>
  configs.map(({ document }) => configMap(cluster, document));
