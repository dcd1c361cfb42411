import { CONFIG_SCHEMA_VERSION } from "./contract/config-file.ts";
import type { ProxyStatus } from "./contract/status.ts";
import type { Ledger } from "./ledger.ts";
import type { Readiness } from "./readiness.ts";
import type { RunningConfig } from "./running-config.ts";

/** Everything `GET /status` shows, gathered. */
export function proxyStatus(parts: {
  readonly running: RunningConfig;
  readonly readiness: Readiness;
  readonly ledger: Ledger;
  readonly version: string;
  readonly startedAtMs: number;
}): ProxyStatus {
  const { running, readiness, ledger, version, startedAtMs } = parts;
  const { config, executionClient, builders } = running.wiring;
  const health = executionClient.health;
  return {
    schemaVersion: CONFIG_SCHEMA_VERSION,
    version,
    cluster: config.cluster,
    sequencer: config.sequencer,
    role: config.role,
    startedAt: iso(startedAtMs),
    revision: config.revision,
    unknownFields: [...running.unknownFields],
    executionMode: config.executionMode,
    ready: readiness.isReady(health.lastAnswerMs !== undefined),
    draining: readiness.draining,
    executionClient: { usable: health.usable, since: iso(health.sinceMs), ...reason(health.reason) },
    builders: builders.map(({ config: { name }, health: { state, sinceMs, reason: why } }) => ({
      name,
      state,
      since: iso(sinceMs),
      ...reason(why),
    })),
    blocks: ledger.blocks,
    lastDecisions: ledger.lastDecisions,
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();

const reason = (text: string | undefined): { readonly reason?: string } => (text === undefined ? {} : { reason: text });
