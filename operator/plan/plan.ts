import type { RollupBoostCluster } from "../api/cluster.ts";
import { heldConfig, plannedConfig } from "./config-documents.ts";
import { configMap } from "./manifests/config-map.ts";
import { deployment } from "./manifests/deployment.ts";
import { service } from "./manifests/service.ts";
import type { Manifest, Observed, Plan, PlannedConfig, PlanOptions } from "./model.ts";
import { plannedSecret, unusableSecretsOf } from "./secrets.ts";
import { statusOf } from "./status.ts";

/** Everything the operator decides, in one pure step: same cluster, same observation, same plan. */
export function plan(cluster: RollupBoostCluster, observed: Observed, options: PlanOptions): Plan {
  return unusableSecretsOf(cluster, observed.secrets).length === 0
    ? fullPlan(cluster, observed, options)
    : heldPlan(cluster, observed);
}

function fullPlan(cluster: RollupBoostCluster, observed: Observed, options: PlanOptions): Plan {
  const { sequencers } = cluster.spec;
  const configs = sequencers.map((sequencer) => plannedConfig(cluster, sequencer, observed.sequencers[sequencer.name]));
  return {
    configs,
    secrets: sequencers.map((sequencer) => plannedSecret(cluster, sequencer)),
    manifests: [
      ...configMaps(cluster, configs),
      ...sequencers.flatMap((sequencer) => [deployment(cluster, sequencer, options), service(cluster, sequencer)]),
    ],
    status: statusOf(cluster, observed, configs),
  };
}

/** What a missing or malformed JWT secret leaves: nothing new, but the shut-off for the proxies that run already. */
function heldPlan(cluster: RollupBoostCluster, observed: Observed): Plan {
  const configs = cluster.spec.sequencers.flatMap(({ name }) => heldConfig(cluster, observed.sequencers[name]) ?? []);
  return {
    configs,
    secrets: [],
    manifests: configMaps(cluster, configs),
    status: statusOf(cluster, observed, configs),
  };
}

const configMaps = (cluster: RollupBoostCluster, configs: readonly PlannedConfig[]): readonly Manifest[] =>
  configs.map(({ document }) => configMap(cluster, document));
