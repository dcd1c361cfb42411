import type { RollupBoostCluster, SequencerSpec } from "../api/cluster.ts";
import { ClusterStatus } from "../api/cluster-status.ts";
import { childNameOf } from "../api/names.ts";
import { LeadershipWatch } from "../observe/leadership-watch.ts";
import type { Observed, Plan, PlannedSecret, PlanOptions, SequencerObserved } from "../plan/model.ts";
import { plan } from "../plan/plan.ts";
import { secretRefsOf } from "../plan/secrets.ts";
import { transitionsOf } from "../plan/transitions.ts";
import { Attempts } from "./attempts.ts";
import type { Log } from "./log.ts";
import { endpointsOf, type PlaceOf } from "./places.ts";
import { findJwtSecret, type SecretFound, type SecretSource } from "./secret-source.ts";
import { type ProxyPlace, SequencerRunner } from "./sequencer-runner.ts";
import { readJson, statusFile, writeWhole } from "./state-folder.ts";

const CONDUCTOR_INTERVAL_MS = 500;

export type ClusterRunnerOptions = {
  readonly stateDir: string;
  readonly secretsDir: string | undefined;
  readonly logLevel: string;
  readonly plan: PlanOptions;
};

/** Runs one cluster without Kubernetes: the same observe, plan, apply, with files and child processes. */
export class ClusterRunner {
  readonly #options: ClusterRunnerOptions;
  readonly #log: Log;
  readonly #attempts: Attempts;
  readonly #onChange: () => void;
  readonly #leadership: LeadershipWatch;
  readonly #sequencers = new Map<string, SequencerRunner>();
  #cluster: RollupBoostCluster;
  #status: ClusterStatus | undefined;
  #statusText = "";
  #told: ClusterStatus | undefined;

  constructor(
    cluster: RollupBoostCluster,
    options: ClusterRunnerOptions,
    dependencies: { readonly log: Log; readonly onChange: () => void },
  ) {
    this.#cluster = cluster;
    this.#options = options;
    this.#log = dependencies.log;
    this.#attempts = new Attempts(dependencies.log);
    this.#onChange = dependencies.onChange;
    this.#status = statusIn(readJson(statusFile(options.stateDir, cluster.metadata.name)));
    this.#leadership = new LeadershipWatch(CONDUCTOR_INTERVAL_MS, {
      cluster: () => this.#cluster,
      onChange: this.#onChange,
    });
  }

  /** One round with what is known now; waits for nothing. What cannot be written is reported and tried again. */
  round(cluster: RollupBoostCluster, secrets: SecretSource, placeOfAny: PlaceOf, now: string): void {
    const placeOf = (sequencer: SequencerSpec): ProxyPlace => placeOfAny(cluster.metadata.name, sequencer);
    const { sequencers } = cluster.spec;
    this.#cluster = cluster;
    for (const sequencer of sequencers) this.#keep(sequencer, placeOf(sequencer));
    this.#closeAllBut(sequencers.map(({ name }) => name));

    const found = secretRefsOf(cluster).map((ref) => findJwtSecret(secrets, cluster.metadata.namespace, ref));
    const areOurs = sequencers.some((sequencer) => placeOf(sequencer).kind === "spawned");
    const observed = this.#observe(areOurs ? found : found.map(heldElsewhere), now);
    const planned = plan(cluster, observed, this.#options.plan);

    for (const sequencer of sequencers) this.#apply(sequencer.name, planned, found, placeOf(sequencer));
    this.#report(planned.status, placeOf);
  }

  async close(): Promise<void> {
    this.#leadership.close();
    await Promise.all([...this.#sequencers.values()].map((sequencer) => sequencer.close()));
  }

  #keep(sequencer: SequencerSpec, place: ProxyPlace): void {
    const { name } = sequencer;
    const cluster = this.#cluster.metadata.name;
    const onDeath = (problem: string): void => {
      this.#log.warn(`${cluster}: the proxy of ${name} ${problem}`, { cluster, sequencer: name });
      this.#onChange();
    };
    const runner =
      this.#sequencers.get(name) ??
      new SequencerRunner({ ...this.#options, cluster, sequencer: name }, { onChange: this.#onChange, onDeath });
    this.#sequencers.set(name, runner);
    if (place.kind !== "elsewhere") return;
    this.#attempts.run(`${cluster}: the admin token of ${name}`, () => runner.watch(place.adminUrl));
  }

  /** One sequencer whose folder cannot be written must not keep the shut-off from the others. */
  #apply(sequencer: string, planned: Plan, found: readonly SecretFound[], place: ProxyPlace): void {
    const secret = planned.secrets.find((planned) => planned.sequencer === sequencer);
    const config = planned.configs.find((planned) => planned.sequencer === sequencer);
    const runner = this.#sequencers.get(sequencer);
    this.#attempts.run(`${this.#cluster.metadata.name}: the secrets folder of ${sequencer}`, () => {
      if (secret !== undefined) runner?.writeSecrets(filesOf(secret, found));
    });
    this.#attempts.run(`${this.#cluster.metadata.name}: the config of ${sequencer}`, () => {
      if (config !== undefined) runner?.apply(config.document, config.changed, place);
    });
  }

  #closeAllBut(names: readonly string[]): void {
    const cluster = this.#cluster.metadata.name;
    for (const [name, runner] of this.#sequencers) {
      if (names.includes(name)) continue;
      this.#log.warn(`${cluster}: ${name} is no longer in the manifest: its proxy is not looked after any more`, {
        cluster,
        sequencer: name,
      });
      this.#sequencers.delete(name);
      void runner.close();
    }
  }

  #observe(found: readonly SecretFound[], now: string): Observed {
    const sequencers = [...this.#sequencers].map(([name, runner]): [string, SequencerObserved] => {
      const proxy = runner.observed;
      return [
        name,
        {
          written: runner.written,
          proxies: proxy === undefined ? [] : [proxy],
          leader: this.#leadership.of(name),
          proxiesAvailable: proxy?.ready ?? false,
        },
      ];
    });
    return {
      secrets: found.map(({ form }) => form),
      sequencers: Object.fromEntries(sequencers),
      previousStatus: this.#status,
      now,
    };
  }

  #report(status: ClusterStatus, placeOf: (sequencer: SequencerSpec) => ProxyPlace): void {
    const { name } = this.#cluster.metadata;
    this.#status = status;
    if (this.#leadership.hasAsked) {
      for (const { text } of transitionsOf(this.#told, status)) this.#log.info(`${name}: ${text}`, { cluster: name });
      this.#told = status;
    }
    const proxies = this.#cluster.spec.sequencers.map((sequencer) => ({
      name: childNameOf(name, sequencer.name),
      sequencer: sequencer.name,
      ...endpointsOf(placeOf(sequencer)),
      pid: this.#sequencers.get(sequencer.name)?.pid,
    }));
    const { apiVersion, kind } = this.#cluster;
    const text = `${JSON.stringify({ apiVersion, kind, metadata: { name }, status, proxies }, undefined, 2)}\n`;
    if (text === this.#statusText) return;
    this.#attempts.run(`${name}: status.json`, () => {
      writeWhole(statusFile(this.#options.stateDir, name), text);
      this.#statusText = text;
    });
  }
}

/** Proxies that run elsewhere have their own secret files: what we do not find, they may have. */
const heldElsewhere = (found: SecretFound): SecretFound =>
  found.form.form === "malformed" ? found : { ...found, form: { ...found.form, form: "valid" } };

const filesOf = (secret: PlannedSecret, found: readonly SecretFound[]): ReadonlyMap<string, string> =>
  new Map(
    secret.files.flatMap(({ file, from }) => {
      const value = found.find(({ form }) => form.ref.name === from.name && form.ref.key === from.key)?.value;
      return value === undefined ? [] : [[file, value] as const];
    }),
  );

const statusIn = (document: unknown): ClusterStatus | undefined =>
  typeof document === "object" && document !== null && "status" in document
    ? ClusterStatus.safeParse(document.status).data
    : undefined;
