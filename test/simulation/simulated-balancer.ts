import { Background } from "../../proxy/background.ts";
import { answerCall } from "../../proxy/balancer/answer-call.ts";
import type { Balancer } from "../../proxy/balancer/balancer.ts";
import { wireBalancer } from "../../proxy/balancer/balancer-wiring.ts";
import { BlockAuthors } from "../../proxy/balancer/block-authors.ts";
import { JobClaims } from "../../proxy/balancer/job-claims.ts";
import type { Builder } from "../../proxy/builder.ts";
import { type BalancerConfig, type ExecutionMode, parseBalancerConfig } from "../../proxy/contract/config-file.ts";
import type { CallerClaims } from "../../proxy/engine-api/caller-claims.ts";
import type { UpstreamOptions } from "../../proxy/engine-api/upstream-client.ts";
import { stricterMode } from "../../proxy/execution-mode.ts";
import { watchHeads } from "../../proxy/health/head-watch.ts";
import { JobBook } from "../../proxy/payload-job/job-book.ts";
import { readCall } from "../../proxy/routes/answer-call.ts";
import { RunningConfig } from "../../proxy/running-config.ts";
import { type BuilderWiring, closeRemovedBuilders } from "../../proxy/wiring.ts";
import type { BalancerHost, Party } from "./host.ts";
import { type Circumstances, type Journal, resultIn, type Told } from "./journal.ts";
import { ScriptedUpstream } from "./scripted-upstream.ts";
import { type SimulatedClock, sleep, type Timeline } from "./timeline.ts";
import { concernsBuilders, lostOf, toldOf } from "./told.ts";

type Dependencies = {
  readonly timeline: Timeline;
  readonly journal: Journal;
  /** The builder at a URL of the config. */
  readonly party: (url: string) => Party;
};

type Running = RunningConfig<BalancerConfig, BuilderWiring<BalancerConfig>>;

/** What a process of the balancer has. */
type Process = {
  readonly running: Running;
  readonly balancer: Balancer;
  readonly background: Background;
  readonly stopWatchingHeads: () => void;
};

const STORE_WRITE_MS = 1;

/** A balancer, the real one from its routes down to its connections, which are scripted; built as `startBalancer` builds it. */
export class SimulatedBalancer {
  readonly name: string;
  /** How the proxies reach it. */
  readonly host: BalancerHost;
  readonly #dependencies: Dependencies;
  readonly #worldClock: SimulatedClock;
  readonly #clock: SimulatedClock;
  readonly #connections: ScriptedUpstream<BalancerConfig>[] = [];
  readonly #builders = new Set<Builder>();
  #admin: ExecutionMode = "enabled";
  #config: BalancerConfig;
  #process: Process;
  #configHand: () => ExecutionMode = () => this.#config.executionMode;

  constructor(config: BalancerConfig, host: Pick<BalancerHost, "dice" | "weather">, dependencies: Dependencies) {
    this.name = config.sequencer;
    this.#config = config;
    this.#dependencies = dependencies;
    this.#worldClock = dependencies.timeline.clock();
    this.#clock = dependencies.timeline.clock();
    const serve: BalancerHost["serve"] = (body, caller) => this.#serve(body, caller);
    this.host = { ...host, name: this.name, isBuilder: true, forced: undefined, serve };
    this.#process = this.#start();
  }

  /** What it runs with now. */
  get circumstances(): Circumstances<BalancerConfig> {
    return { config: this.#config, mode: stricterMode(this.#configHand(), this.#admin) };
  }

  /** What can grow, as it is now. */
  get core(): { readonly deciding: number; readonly laneDepth: number } {
    const { balancer, running } = this.#process;
    const laneDepth = Math.max(0, ...running.wiring.builders.map(({ lane }) => lane.depth));
    return { deciding: balancer.deciding.size, laneDepth };
  }

  /** Its alarms that are set, and connections that are not closed. */
  get left(): { readonly alarms: number; readonly connections: number } {
    return {
      alarms: this.#clock.alarms(),
      connections: this.#connections.filter(({ isClosed }) => !isClosed).length,
    };
  }

  /** `PUT /config` with the running document changed. */
  async push(change: Partial<BalancerConfig>): Promise<void> {
    const { running } = this.#process;
    await running.push({ ...running.wiring.config, revision: running.wiring.config.revision + 1, ...change });
    for (const builder of running.wiring.builders) this.#builders.add(builder);
    this.#dropWhatWaits();
  }

  /** The admin API's hand on the execution mode. */
  setAdminHand(mode: ExecutionMode): void {
    this.#admin = mode;
    this.#dropWhatWaits();
  }

  /** The process ends in the middle of whatever it does, and another begins with the kept document. */
  async restart(): Promise<void> {
    await this.#end();
    this.#process = this.#start();
  }

  /** Ends, and tells what it lost. */
  async close(): Promise<void> {
    await this.#process.background.done();
    await this.#end();
    this.#dependencies.journal.lost.push(...lostOf(this.name, this.#builders));
  }

  async #end(): Promise<void> {
    this.#process.stopWatchingHeads();
    await this.#process.running.close();
  }

  async #serve(body: Buffer, caller: CallerClaims): Promise<Buffer | undefined> {
    const process = this.#process;
    const { journal } = this.#dependencies;
    const { mode, config } = this.circumstances;
    const moment = { atMs: this.#worldClock.monotonicMs(), order: journal.next() };
    const told: Told = { ...toldOf(body, config.builders), by: this.name, mode, isForOne: false, ...moment };
    try {
      const reply = await answerCall(readCall(body, {}), caller, process.balancer);
      const replyOrder = journal.next();
      const { order } = moment;
      journal.served.push({ balancer: this.name, body, caller, mode, order, reply: reply.body, replyOrder });
      // A limit of who does not lead is not taken.
      if (concernsBuilders(body) && resultIn(reply.body) !== false) journal.told.push(told);
      return process === this.#process ? reply.body : undefined;
    } catch (error) {
      journal.violations.push(`the balancer's answerCall rejected: ${String(error)}`);
      return undefined;
    }
  }

  #dropWhatWaits(): void {
    if (this.circumstances.mode !== "disabled") return;
    this.#dependencies.journal.shutOff.add(this.name);
    for (const builder of this.#process.running.wiring.builders) builder.lane.clear();
  }

  #start(): Process {
    const { journal } = this.#dependencies;
    const startedAtMs = this.#clock.nowMs();
    journal.balancerStarts.push({ balancer: this.name, order: journal.next(), startedAtMs });
    const running = this.#run(this.#config);
    const background = new Background((error) =>
      journal.violations.push(`background work of the balancer failed: ${String(error)}`),
    );
    const balancer: Balancer = {
      wiring: () => running.wiring,
      executionMode: () => this.circumstances.mode,
      claims: new JobClaims(),
      startedAtMs,
      jobs: new JobBook<Builder>(),
      authors: new BlockAuthors(),
      deciding: new Map(),
      clock: this.#clock,
      fault: (error) => background.fault(error),
      decided: () => {},
      asked: () => {},
    };
    for (const builder of running.wiring.builders) this.#builders.add(builder);
    const stopWatchingHeads = watchHeads(
      this.#clock,
      () => running.wiring.config.timing.blockTimeMs,
      () => {
        if (this.circumstances.mode === "disabled") return;
        for (const builder of running.wiring.builders) background.begin(() => builder.watchHead(balancer.jobs.heads));
      },
    );
    return { running, balancer, background, stopWatchingHeads };
  }

  #run(config: BalancerConfig): Running {
    this.#configHand = () => this.#config.executionMode;
    const dependencies = {
      secretsDir: "/nonexistent",
      clock: this.#clock,
      connect: (options: UpstreamOptions) => this.#connect(options),
      isShutOff: () => this.circumstances.mode === "disabled",
    };
    const running: Running = new RunningConfig(
      { config, unknownFields: [] },
      {
        store: { write: () => sleep(this.#worldClock, STORE_WRITE_MS).then(() => undefined) },
        parse: parseBalancerConfig,
        wire: (next: BalancerConfig, before: BuilderWiring<BalancerConfig> | undefined) =>
          wireBalancer(next, before, dependencies),
        closeRemoved: closeRemovedBuilders,
        onRunning: (next) => {
          this.#config = next;
        },
        onMode: () => this.#dropWhatWaits(),
      },
    );
    this.#configHand = () => running.executionMode;
    return running;
  }

  #connect({ url, connectionsMax }: UpstreamOptions): ScriptedUpstream<BalancerConfig> {
    const { party, journal } = this.#dependencies;
    const connection = this.#connections.length;
    const upstream = new ScriptedUpstream<BalancerConfig>(party(url), {
      clock: this.#worldClock,
      journal,
      calls: journal.behindCalls,
      connectionsMax,
      notes: () => ({ sequencer: this.name, connection, ...this.circumstances }),
      caller: () => ({ id: this.name, leadership: "unknown" }),
    });
    this.#connections.push(upstream);
    return upstream;
  }
}
