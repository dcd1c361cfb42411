import { expect, test } from "vitest";
import type { Condition } from "../../../../operator/api/cluster-status.ts";
import {
  CONDITION_REASONS,
  childTaken,
  crdOutdated,
  type Finding,
  fieldsContested,
  invalidSpec,
  paused,
  serviceMonitorMissing,
} from "../../../../operator/api/conditions.ts";
import type { Observed, SecretForm, SequencerObserved } from "../../../../operator/plan/model.ts";
import { plan } from "../../../../operator/plan/plan.ts";
import { shutOffPlan } from "../../../../operator/plan/shut-off-plan.ts";
import { cluster } from "../kit/cluster.ts";
import { empty, NOW, OPTIONS, proxy, settled } from "../kit/observed.ts";

type Said = Pick<Condition, "type" | "status" | "reason" | "message">;

const wanted = cluster();
const bare = cluster({
  builders: [],
  sequencers: wanted.spec.sequencers.map((sequencer) => ({ ...sequencer, builder: undefined, conductor: undefined })),
});

const conditionsOf = (observed: Observed, of = wanted): readonly Said[] =>
  plan(of, observed, OPTIONS).status.conditions ?? [];
const first = (part: Partial<SequencerObserved>): Observed => settled(wanted, { "sequencer-0": part });
const document = (): NonNullable<SequencerObserved["written"]> => {
  const written = settled(wanted).sequencers["sequencer-0"]?.written;
  if (written === undefined) throw new Error("nothing was written");
  return written;
};
const withBuilder = (state: "silent" | "unknown") =>
  proxy(document(), { builders: [{ name: "builder-0", state, since: NOW }] });
const secrets = (form: SecretForm["form"]): Observed => ({
  ...empty(wanted),
  secrets: empty(wanted).secrets.map(({ ref }) => ({ ref, form })),
});
const alone = cluster({
  sequencers: wanted.spec.sequencers.slice(0, 1),
  builders: wanted.spec.builders.slice(0, 1),
});
const held = (findings: readonly Finding[]): readonly Said[] =>
  shutOffPlan({ ...wanted, generation: 3, executionMode: "disabled", findings }, settled(wanted)).status.conditions ??
  [];
const conflict = { kind: "Deployment", name: "base-sequencer-0", field: ".spec.replicas", manager: "kubectl-scale" };

/** Every situation there is a word for. Those of the operator's own hand are reached on the real API server too. */
const SITUATIONS: readonly (readonly Said[])[] = [
  conditionsOf(settled(wanted)),
  conditionsOf(empty(wanted)),
  conditionsOf(settled(cluster()), cluster({ executionMode: "disabled" })),
  conditionsOf(first({ proxies: [proxy(document(), { schemaVersion: 0, revision: 0 })] })),
  conditionsOf(secrets("secret_missing")),
  conditionsOf(secrets("key_missing")),
  conditionsOf(secrets("malformed")),
  conditionsOf(first({ proxies: [withBuilder("silent")] })),
  conditionsOf(settled(alone, { "sequencer-0": { proxies: [withBuilder("silent")] } }), alone),
  conditionsOf(first({ proxies: [withBuilder("unknown")] })),
  conditionsOf(settled(bare, { "sequencer-0": { leader: "unknown" } }), bare),
  conditionsOf(first({ leader: "follower" })),
  conditionsOf(first({ leader: "unknown" })),
  held(invalidSpec(['spec.topology: found "Ring", allowed: "OneToOne"'])),
  held(paused("rollup-boost.dev/reconcile: disabled")),
  childTaken("Service", "base-sequencer-0"),
  [fieldsContested([conflict])],
  [crdOutdated("rollupboostclusters.rollup-boost.dev")],
  [serviceMonitorMissing()],
];

const said = SITUATIONS.flat();

test("every reason of the catalogue is reached, and none that is not in it", () => {
  expect([...new Set(said.map(({ reason }) => reason))].toSorted()).toEqual([...CONDITION_REASONS].toSorted());
});

/** What is as it should be, or gets so by itself: there is nothing to do. */
const NOTHING_TO_DO = [
  "AllProxiesReady",
  "AllProxiesAvailable",
  "AllSecretsValid",
  "AllBuildersHealthy",
  "OneLeader",
  "Enabled",
];

test("whoever reads a message of trouble knows what to do", () => {
  const troubles = said.filter(({ reason }) => !NOTHING_TO_DO.includes(reason));
  for (const { reason, message } of troubles) expect.soft(message, reason).toMatch(ADVICE);
});

const ADVICE =
  /\b(create it|put the|correct|update|delete or rename|stop that manager|apply the one|install|remove it|look at|set spec\.|pair|give|check|wait)\b/i;
