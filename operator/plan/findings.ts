import type { ExecutionMode } from "../../proxy/contract/config-file.ts";
import type { RollupBoostCluster } from "../api/cluster.ts";
import type { BuilderStatus, SequencerStatus } from "../api/cluster-status.ts";
import { type Finding, reconciling, stalled } from "../api/conditions.ts";
import type { SecretForm } from "./model.ts";
import { secretsLacking, secretsValid } from "./unusable-secrets.ts";

/** What the conditions are found from. */
export type Facts = {
  readonly cluster: RollupBoostCluster;
  readonly unusableSecrets: readonly SecretForm[];
  /** Those of them of which some proxy has no good copy. */
  readonly lackingSecrets: readonly SecretForm[];
  /** Names of the sequencers with a proxy that does not read the operator's documents. */
  readonly outdated: readonly string[];
  readonly sequencers: readonly SequencerStatus[];
  readonly builders: readonly BuilderStatus[];
  /** Names of the sequencers whose proxies run the planned document. */
  readonly confirmed: readonly string[];
};

/** Every condition, undated, in the order they are shown. */
export const findingsOf = (facts: Facts): readonly Finding[] => [
  ...progress(facts),
  proxiesAvailable(facts),
  secretsValid(facts.unusableSecrets, facts.lackingSecrets),
  buildersHealthy(facts),
  leaderKnown(facts),
  externalBuildingEnabled(facts.cluster.spec.executionMode, facts),
];

/** `Ready`, and `Reconciling` or `Stalled` with it. Builders have no say: without any, the chain goes on. */
function progress(facts: Facts): readonly Finding[] {
  if (facts.lackingSecrets.length > 0) return secretsLacking(facts.lackingSecrets);
  const unavailable = facts.sequencers.filter((row) => !row.proxyAvailable);
  if (unavailable.length > 0) return reconciling("ProxiesUnavailable", unavailableText(unavailable));
  const unconfirmed = facts.sequencers.filter((row) => !facts.confirmed.includes(row.name));
  const outdated = unconfirmed.filter((row) => facts.outdated.includes(row.name));
  if (outdated.length > 0) return proxyOutdated(facts, outdated);
  if (unconfirmed.length > 0) return reconciling("ConfigUnconfirmed", `${unconfirmedText(unconfirmed)}; ${LOOK}`);
  const message = `every proxy (${facts.sequencers.length}) serves and runs the desired config`;
  return [{ type: "Ready", status: "True", reason: "AllProxiesReady", message }];
}

/** With an image of the spec's own a person has to act; else the operator's own rollout brings the right one. */
const proxyOutdated = ({ cluster }: Facts, rows: readonly SequencerStatus[]): readonly Finding[] =>
  (cluster.spec.proxy.image ? stalled : reconciling)("ProxyOutdated", unconfirmedText(rows));

function proxiesAvailable({ sequencers }: Facts): Finding {
  const unavailable = sequencers.filter((row) => !row.proxyAvailable);
  return unavailable.length === 0
    ? {
        type: "ProxiesAvailable",
        status: "True",
        reason: "AllProxiesAvailable",
        message: `${sequencers.length} of ${sequencers.length} proxies serve`,
      }
    : {
        type: "ProxiesAvailable",
        status: "False",
        reason: "ProxiesUnavailable",
        message: unavailableText(unavailable),
      };
}

function buildersHealthy({ builders }: Facts): Finding {
  const type = "BuildersHealthy";
  const wired = builders.filter((row) => row.wiredTo.length > 0);
  const bad = wired.filter((row) => row.state !== "healthy" && row.state !== "unknown");
  const unmeasured = wired.filter((row) => row.state === "unknown");
  if (wired.length === 0) {
    const message =
      "no builder is wired: every block comes from the sequencers' own execution clients; pair one (spec.sequencers[].builder)";
    return { type, status: "Unknown", reason: "NoBuilderWired", message };
  }
  if (bad.length > 0) {
    const reason = bad.length === wired.length ? "AllBuildersUnhealthy" : "SomeBuildersUnhealthy";
    const names = bad.map((row) => `${row.name} is ${row.state}${row.reason === undefined ? "" : ` (${row.reason})`}`);
    const message = `${names.join(", ")}; blocks come from the sequencers' own execution clients meanwhile; check the builder and its url`;
    return { type, status: "False", reason, message };
  }
  if (unmeasured.length > 0) {
    const message = `no proxy has heard of ${unmeasured.map((row) => row.name).join(", ")} yet: wait for the next block`;
    return { type, status: "Unknown", reason: "BuildersNotMeasured", message };
  }
  const message = `${wired.length} of ${wired.length} wired builders are healthy`;
  return { type, status: "True", reason: "AllBuildersHealthy", message };
}

function leaderKnown({ cluster, sequencers }: Facts): Finding {
  const type = "LeaderKnown";
  const leader = sequencers.find((row) => row.leader === "leader");
  if (leader !== undefined) return { type, status: "True", reason: "OneLeader", message: `${leader.name} leads` };
  const conducted = cluster.spec.sequencers.filter((sequencer) => sequencer.conductor !== undefined);
  if (conducted.length === 0) {
    const message =
      "no sequencer has a conductor in the spec, so nobody is asked who leads: set spec.sequencers[].conductor";
    return { type, status: "Unknown", reason: "NoConductor", message };
  }
  const isUnclear = (name: string): boolean => sequencers.find((row) => row.name === name)?.leader === "unknown";
  const unclear = conducted.map((sequencer) => sequencer.name).filter(isUnclear);
  return unclear.length === 0
    ? {
        type,
        status: "False",
        reason: "NoLeader",
        message: "every op-conductor says that it does not lead: look at their logs",
      }
    : {
        type,
        status: "False",
        reason: "LeaderUnclear",
        message: `the op-conductors of ${unclear.join(", ")} do not answer or claim to lead at once; the wiring stays as it is; check that they run and that conductor.url and raftServerId are right`,
      };
}

/** Whether builders are asked, and while not, how many proxies confirm it. */
export function externalBuildingEnabled(
  mode: ExecutionMode,
  { sequencers, confirmed }: Pick<Facts, "sequencers" | "confirmed">,
): Finding {
  const type = "ExternalBuildingEnabled";
  if (mode === "enabled") {
    return { type, status: "True", reason: "Enabled", message: "spec.executionMode is enabled: builders are asked" };
  }
  const closed = sequencers.filter((row) => confirmed.includes(row.name) || row.executionMode === "disabled").length;
  const message = `spec.executionMode is disabled: ${closed} of ${sequencers.length} proxies confirm that no builder is asked; set spec.executionMode to enabled to go on`;
  return { type, status: "False", reason: "ShutOff", message };
}

const LOOK = "wait, or look at its pod and log";

const unavailableText = (rows: readonly SequencerStatus[]): string =>
  `${rows.map((row) => `the proxy of ${row.name} does not serve${problemText(row)}`).join("; ")}; ${LOOK}`;

const unconfirmedText = (rows: readonly SequencerStatus[]): string =>
  rows
    .map((row) => `the proxy of ${row.name} has not confirmed revision ${row.desiredRevision ?? 0}${problemText(row)}`)
    .join("; ");

const problemText = (row: SequencerStatus): string => (row.problem === undefined ? "" : ` (${row.problem})`);
