import type { RollupBoostCluster } from "../../../../operator/api/cluster.ts";
import type { Observed, ProxyObserved, SequencerObserved } from "../../../../operator/plan/model.ts";
import { plan } from "../../../../operator/plan/plan.ts";
import { secretRefsOf } from "../../../../operator/plan/secrets.ts";
import type { ConfigFile } from "../../../../proxy/contract/config-file.ts";
import type { ProxyStatus } from "../../../../proxy/contract/status.ts";

export const NOW = "2026-11-22T12:00:00Z";
export const OPTIONS = { proxyImage: "rollup-boost-proxy:0.1.0", operatorVersion: "0.1.0" };

/** What a proxy that runs `document` answers. */
export const proxyStatus = (document: ConfigFile, status: Partial<ProxyStatus> = {}): ProxyStatus => ({
  schemaVersion: 1,
  version: "0.1.0",
  cluster: document.cluster,
  sequencer: document.sequencer,
  role: "sequencer",
  startedAt: NOW,
  revision: document.revision,
  unknownFields: [],
  executionMode: document.executionMode,
  ready: true,
  draining: false,
  executionClient: { usable: true, since: NOW },
  builders: document.builders.map(({ name }) => ({ name, state: "healthy", since: NOW })),
  blocks: { builder: 0, executionClient: 0, unanswered: 0, byFallbackReason: {} },
  lastDecisions: [],
  ...status,
});

/** A ready proxy that runs `document`. */
export const proxy = (document: ConfigFile, status: Partial<ProxyStatus> = {}): ProxyObserved => ({
  name: `${document.cluster}-${document.sequencer}-pod`,
  adminUrl: "http://10.0.0.1:8080",
  ready: true,
  status: proxyStatus(document, status),
});

/** Nothing but valid secrets: what a new cluster looks like. */
export const empty = (cluster: RollupBoostCluster): Observed => ({
  secrets: secretRefsOf(cluster).map((ref) => ({ ref, form: "valid" })),
  sequencers: {},
  previousStatus: undefined,
  now: NOW,
});

/** Every proxy runs what a first plan wrote; sequencer-0 leads. `overrides` replaces parts of a sequencer. */
export function settled(
  cluster: RollupBoostCluster,
  overrides: Readonly<Record<string, Partial<SequencerObserved>>> = {},
): Observed {
  const sequencers = plan(cluster, empty(cluster), OPTIONS).configs.map(
    ({ sequencer, document }): [string, SequencerObserved] => [
      sequencer,
      {
        written: document,
        proxies: [proxy(document)],
        leader: sequencer === "sequencer-0" ? "leader" : "follower",
        proxiesAvailable: true,
        ...overrides[sequencer],
      },
    ],
  );
  return { ...empty(cluster), sequencers: Object.fromEntries(sequencers) };
}
