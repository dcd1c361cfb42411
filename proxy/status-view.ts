import type { CommonParts } from "./common-parts.ts";
import { type BalancerConfig, CONFIG_SCHEMA_VERSION, type ConfigFile } from "./contract/config-file.ts";
import type { ProxyStatus } from "./contract/status.ts";
import type { ExecutionClient } from "./execution-client.ts";
import type { LeadershipFence } from "./health/leadership-fence.ts";
import { VERSION } from "./version.ts";
import type { BuilderWiring } from "./wiring.ts";

/** Everything `GET /status` shows, gathered; `own` is what only one of the roles has. */
export function proxyStatus(
  parts: CommonParts<BuilderWiring<ConfigFile | BalancerConfig>>,
  own: {
    readonly ready: boolean;
    readonly executionClient?: ExecutionClient;
    readonly fence?: LeadershipFence | undefined;
    readonly jobs?: ProxyStatus["jobs"];
  },
): ProxyStatus {
  const { running, readiness, ledger, modes, fileWatch } = parts;
  const { effective, ...hands } = modes.all;
  const { config, builders } = running.wiring;
  const health = own.executionClient?.health;
  const leadership = own.fence?.last;
  return {
    schemaVersion: CONFIG_SCHEMA_VERSION,
    version: VERSION,
    cluster: config.cluster,
    sequencer: config.sequencer,
    role: config.role,
    startedAt: iso(parts.startedAtMs),
    revision: config.revision,
    unknownFields: [...running.unknownFields],
    ...(fileWatch.problems.length === 0 ? {} : { fileProblems: [...fileWatch.problems] }),
    executionMode: effective,
    executionModeHands: hands,
    ready: own.ready,
    draining: readiness.draining,
    ...(health === undefined
      ? {}
      : { executionClient: { usable: health.usable, since: iso(health.sinceMs), ...reason(health.reason) } }),
    ...(leadership === undefined ? {} : { leadership: { answer: leadership.answer, at: iso(leadership.atMs) } }),
    builders: builders.map(({ config: { name }, health: { state, sinceMs, reason: why } }) => ({
      name,
      state,
      since: iso(sinceMs),
      ...reason(why),
    })),
    blocks: ledger.blocks,
    ...(own.jobs === undefined ? {} : { jobs: own.jobs }),
    lastDecisions: ledger.lastDecisions,
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();

const reason = (text: string | undefined): { readonly reason?: string } => (text === undefined ? {} : { reason: text });
