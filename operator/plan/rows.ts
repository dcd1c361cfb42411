import { CONFIG_SCHEMA_VERSION } from "../../proxy/contract/config-file.ts";
import { type BuilderStatus, type SequencerStatus, STATUS_TEXT_LENGTH_MAX } from "../api/cluster-status.ts";
import type { Observed, PlannedConfig, ProxyObserved, SequencerObserved } from "./model.ts";

/** Worst last: where several proxies drive one builder, the worst report counts. */
const STATES = [
  "healthy",
  "unknown",
  "lagging",
  "benched",
  "silent",
] as const satisfies readonly BuilderStatus["state"][];

/** Status row of one sequencer. */
export function sequencerRow(
  name: string,
  observed: SequencerObserved | undefined,
  config: PlannedConfig | undefined,
): SequencerStatus {
  const proxies = observed?.proxies ?? [];
  const statuses = proxies.flatMap((proxy) => proxy.status ?? []);
  const problem = proxies.flatMap((proxy) => problemOf(proxy) ?? [])[0];
  const shown = (proxies.find((proxy) => proxy.ready) ?? proxies[0])?.status;
  return {
    name,
    leader: observed?.leader ?? "unknown",
    proxyAvailable: observed?.proxiesAvailable ?? false,
    ...(config === undefined ? {} : { desiredRevision: config.document.revision }),
    ...(statuses.length === 0 ? {} : { confirmedRevision: Math.min(...statuses.map(({ revision }) => revision)) }),
    builders: shown?.builders.map((builder) => builder.name) ?? [],
    ...(shown === undefined ? {} : { executionMode: shown.executionMode }),
    ...(problem === undefined ? {} : { problem: problem.slice(0, STATUS_TEXT_LENGTH_MAX) }),
  };
}

/** Status row of one builder: what the proxies that have it say. */
export function builderRow(name: string, observed: Observed, configs: readonly PlannedConfig[]): BuilderStatus {
  const report = Object.values(observed.sequencers)
    .flatMap((sequencer) => sequencer.proxies)
    .filter((proxy) => proxy.ready)
    .flatMap((proxy) => proxy.status?.builders.filter((builder) => builder.name === name) ?? [])
    .toSorted((a, b) => STATES.indexOf(b.state) - STATES.indexOf(a.state))[0];
  const wiredTo = configs
    .filter(({ document }) => document.builders.some((builder) => builder.name === name))
    .map(({ sequencer }) => sequencer);
  const reason = report?.reason ?? (wiredTo.length === 0 ? "not wired: no sequencer is paired with it" : undefined);
  return {
    name,
    state: report?.state ?? "unknown",
    ...(reason === undefined ? {} : { reason: reason.slice(0, STATUS_TEXT_LENGTH_MAX) }),
    ...(report === undefined ? {} : { since: report.since }),
    wiredTo,
  };
}

/**
 * Whether every pod of the sequencer runs the planned document: surging and terminating ones too, as they may serve, and
 * one that does not answer is not confirmed.
 */
export function isConfirmed(observed: SequencerObserved | undefined, config: PlannedConfig | undefined): boolean {
  if (config === undefined || config.changed) return false;
  const proxies = observed?.proxies ?? [];
  return proxies.length > 0 && proxies.every((proxy) => proxy.status?.revision === config.document.revision);
}

/** Whether a proxy of the sequencer speaks another version of the config document than the operator. */
export const isOutdated = (observed: SequencerObserved | undefined): boolean =>
  observed?.proxies.some((proxy) => schemaProblemOf(proxy) !== undefined) ?? false;

function problemOf(proxy: ProxyObserved): string | undefined {
  const schemaProblem = schemaProblemOf(proxy);
  if (schemaProblem !== undefined) return `${proxy.name}: ${schemaProblem}`;
  if (proxy.problem !== undefined) return `${proxy.name}: ${proxy.problem}`;
  const unknown = proxy.status?.unknownFields ?? [];
  return unknown.length === 0
    ? undefined
    : `${proxy.name}: older than the operator, does not know ${unknown.join(", ")}: update its image`;
}

function schemaProblemOf({ status }: ProxyObserved): string | undefined {
  if (status === undefined || status.schemaVersion === CONFIG_SCHEMA_VERSION) return undefined;
  const what = `reads config of schema version ${status.schemaVersion}, the operator writes ${CONFIG_SCHEMA_VERSION}`;
  return status.schemaVersion < CONFIG_SCHEMA_VERSION
    ? `${what}: it keeps what it runs; update its image (spec.proxy.image)`
    : `${what}: it keeps what it runs; update the operator, or give it the operator's own image (spec.proxy.image)`;
}
