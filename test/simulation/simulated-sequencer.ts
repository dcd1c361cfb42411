import { Background } from "../../proxy/background.ts";
import type { Builder } from "../../proxy/builder.ts";
import { type ConfigFile, type ExecutionMode, parseConfigFile } from "../../proxy/contract/config-file.ts";
import type { ConfigPushAnswer } from "../../proxy/contract/status.ts";
import type { UpstreamOptions } from "../../proxy/engine-api/upstream-client.ts";
import { stricterMode } from "../../proxy/execution-mode.ts";
import { watchHeads } from "../../proxy/health/head-watch.ts";
import { Ledger } from "../../proxy/ledger.ts";
import { JobBook } from "../../proxy/payload-job/job-book.ts";
import { answerCall, readCall } from "../../proxy/routes/answer-call.ts";
import { plainRpc } from "../../proxy/routes/plain-rpc.ts";
import { RunningConfig } from "../../proxy/running-config.ts";
import { ValidationTime } from "../../proxy/selection/validation-time.ts";
import type { SequencerProxy } from "../../proxy/sequencer-proxy.ts";
import { closeRemoved, type Wiring, wire } from "../../proxy/wiring.ts";
import type { Host, Party } from "./host.ts";
import type { Circumstances, Journal } from "./journal.ts";
import { ScriptedUpstream } from "./scripted-upstream.ts";
import { type SimulatedClock, sleep, type Timeline } from "./timeline.ts";
import { lostOf, setsLimit, toldOf } from "./told.ts";

/** Where JWT secrets would be: the simulated upstreams ask for none. */
const NO_SECRETS = "/nonexistent";

const STORE_WRITE_MS = 1;

type Dependencies = {
  readonly timeline: Timeline;
  readonly journal: Journal;
  /** Who is at a URL of the config. */
  readonly party: (url: string) => Host;
};

/** A sequencer's proxy, the real one from its routes down to its connections, which are scripted; built as `startProxy` builds it. */
export class SimulatedSequencer {
  readonly name: string;
  readonly executionClient: Party;
  readonly #dependencies: Dependencies;
  readonly #worldClock: SimulatedClock;
  readonly #proxyClock: SimulatedClock;
  readonly #connections: ScriptedUpstream<ConfigFile>[] = [];
  readonly #builders = new Set<Builder>();
  #admin: ExecutionMode = "enabled";
  #config: ConfigFile;
  #running: RunningConfig<ConfigFile, Wiring>;
  #configHand: () => ExecutionMode = () => this.#config.executionMode;
  #proxy: SequencerProxy;
  #background: Background;
  #stopWatchingHeads: () => void;

  constructor(config: ConfigFile, executionClient: Party, dependencies: Dependencies) {
    this.name = config.sequencer;
    this.#config = config;
    this.executionClient = executionClient;
    this.#dependencies = dependencies;
    this.#worldClock = dependencies.timeline.clock();
    this.#proxyClock = dependencies.timeline.clock();
    this.#running = this.#run(config);
    this.#background = this.#ownBackground();
    this.#proxy = this.#core();
    this.#stopWatchingHeads = this.#watchHeads();
    this.#confirmed(config);
  }

  /** What it runs with now. */
  get circumstances(): Circumstances {
    return { config: this.#config, mode: this.#mode };
  }

  /** What can grow, as it is now. */
  get core(): Pick<SequencerProxy, "jobs" | "deciding"> & { readonly laneDepth: number } {
    const laneDepth = Math.max(0, ...this.#running.wiring.builders.map(({ lane }) => lane.depth));
    return { jobs: this.#proxy.jobs, deciding: this.#proxy.deciding, laneDepth };
  }

  /** Alarms of its proxy that are set, and connections that are not closed. */
  get left(): { readonly alarms: number; readonly connections: number } {
    return {
      alarms: this.#proxyClock.alarms(),
      connections: this.#connections.filter(({ isClosed }) => !isClosed).length,
    };
  }

  /** One call of op-node; a rejection is a violation, and answered as undefined. */
  async answer(body: Buffer): Promise<Buffer | undefined> {
    try {
      return (await answerCall(readCall(body, {}), this.#proxy)).body;
    } catch (error) {
      this.#dependencies.journal.violations.push(`answerCall rejected: ${String(error)}`);
      return undefined;
    }
  }

  /** One call of the rpc port, such as op-batcher's. */
  async plain(body: Buffer): Promise<void> {
    const { journal } = this.#dependencies;
    const { config, mode } = this.circumstances;
    const moment = { by: this.name, mode, atMs: this.#worldClock.monotonicMs(), order: journal.next() };
    const isForOne = config.buildersAre === "balancers" && !setsLimit(body);
    journal.told.push({ ...toldOf(body, config.builders), ...moment, isForOne });
    const call = { body, acceptEncoding: undefined, contentEncoding: undefined };
    try {
      await plainRpc(call, () => true, this.#proxy);
    } catch (error) {
      journal.violations.push(`plainRpc rejected: ${String(error)}`);
    }
  }

  /** `PUT /config` with the running document changed; the revision is the next unless given. */
  async push(change: Readonly<Record<string, unknown>>): Promise<ConfigPushAnswer> {
    const { config } = this.#running.wiring;
    const document = { ...config, revision: config.revision + 1, ...change };
    const answer = await this.#running.push(document);
    if (answer.outcome === "accepted") this.#confirmed(this.#running.wiring.config);
    this.#dropWhatWaits();
    return answer;
  }

  /** The admin API's hand on the execution mode. */
  setAdminHand(mode: ExecutionMode): void {
    this.#admin = mode;
    this.#dropWhatWaits();
  }

  /** The process ends between two calls of op-node, and another starts with the kept document. */
  async restart(): Promise<void> {
    const { config } = this.#running.wiring;
    this.#stopWatchingHeads();
    await this.#running.close();
    this.#dependencies.journal.restarts.push({ sequencer: this.name, order: this.#dependencies.journal.next() });
    this.#running = this.#run(config);
    this.#background = this.#ownBackground();
    this.#proxy = this.#core();
    this.#stopWatchingHeads = this.#watchHeads();
    for (const builder of this.#running.wiring.builders) this.#builders.add(builder);
  }

  async close(): Promise<void> {
    this.#stopWatchingHeads();
    await this.#background.done();
    await this.#running.close();
    this.#dependencies.journal.lost.push(...lostOf(this.name, this.#builders));
  }

  #dropWhatWaits(): void {
    if (this.#mode !== "disabled") return;
    this.#dependencies.journal.shutOff.add(this.name);
    for (const builder of this.#running.wiring.builders) builder.lane.clear();
  }

  get #mode(): ExecutionMode {
    return stricterMode(this.#configHand(), this.#admin);
  }

  #run(config: ConfigFile): RunningConfig<ConfigFile, Wiring> {
    const dependencies = {
      secretsDir: NO_SECRETS,
      clock: this.#proxyClock,
      connect: (options: UpstreamOptions) => this.#connect(options),
      isShutOff: () => this.#mode === "disabled",
    };
    this.#configHand = () => this.#config.executionMode;
    const running = new RunningConfig<ConfigFile, Wiring>(
      { config, unknownFields: [] },
      {
        store: { write: () => sleep(this.#worldClock, STORE_WRITE_MS).then(() => undefined) },
        parse: parseConfigFile,
        wire: (next, before) => wire(next, before, dependencies),
        closeRemoved,
        onRunning: (next) => {
          this.#config = next;
        },
        onMode: () => this.#dropWhatWaits(),
      },
    );
    this.#configHand = () => running.executionMode;
    return running;
  }

  #core(): SequencerProxy {
    const ledger = new Ledger();
    const { journal } = this.#dependencies;
    const running = this.#running;
    const background = this.#background;
    return {
      wiring: () => running.wiring,
      executionMode: () => this.#mode,
      background: (work) => background.begin(work),
      fault: (error) => background.fault(error),
      jobs: new JobBook<Builder>(),
      deciding: new Map(),
      clock: this.#proxyClock,
      validationTime: new ValidationTime(this.#proxyClock),
      decided: (decision) => {
        ledger.record(decision);
        journal.decisions.push({ ...decision, sequencer: this.name });
      },
      repeated: () => {},
    };
  }

  #watchHeads(): () => void {
    const running = this.#running;
    const background = this.#background;
    const { jobs } = this.#proxy;
    return watchHeads(
      this.#proxyClock,
      () => running.wiring.config.timing.blockTimeMs,
      () => {
        if (this.circumstances.mode === "disabled") return;
        for (const builder of running.wiring.builders) background.begin(() => builder.watchHead(jobs.heads));
      },
    );
  }

  #ownBackground(): Background {
    return new Background((error) =>
      this.#dependencies.journal.violations.push(`background work failed: ${String(error)}`),
    );
  }

  #connect({ url, connectionsMax }: UpstreamOptions): ScriptedUpstream<ConfigFile> {
    const { party, journal } = this.#dependencies;
    const connection = this.#connections.length;
    const upstream = new ScriptedUpstream<ConfigFile>(party(url), {
      clock: this.#worldClock,
      journal,
      calls: journal.upstreamCalls,
      connectionsMax,
      notes: () => ({ sequencer: this.name, connection, ...this.circumstances }),
      caller: () => ({ id: this.name, leadership: this.#running.wiring.fence?.last?.answer ?? "unknown" }),
    });
    this.#connections.push(upstream);
    return upstream;
  }

  #confirmed(config: ConfigFile): void {
    const { journal } = this.#dependencies;
    for (const builder of this.#running.wiring.builders) this.#builders.add(builder);
    journal.confirmed.push({
      sequencer: this.name,
      atMs: this.#worldClock.monotonicMs(),
      order: journal.next(),
      config,
    });
  }
}
