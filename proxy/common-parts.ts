import type { Logger } from "pino";
import type { Arguments } from "./arguments.ts";
import { Background } from "./background.ts";
import type { Clock } from "./clock.ts";
import { ConfigStore, type ValidConfig } from "./config-store.ts";
import type { BalancerConfig, ConfigFile, ParsedConfig } from "./contract/config-file.ts";
import type { ConfigPushAnswer, Leadership } from "./contract/status.ts";
import { type Upstream, UpstreamClient, type UpstreamOptions } from "./engine-api/upstream-client.ts";
import { ExecutionModes } from "./execution-modes.ts";
import { FileWatch } from "./file-watch.ts";
import { Ledger } from "./ledger.ts";
import { Metrics } from "./metrics.ts";
import { Readiness } from "./readiness.ts";
import { RunningConfig } from "./running-config.ts";
import { standInSecrets } from "./stand-in.ts";
import { stateChangeLog } from "./state-change-log.ts";
import type { BuilderWiring, WiringDependencies } from "./wiring.ts";

/** What a process is given. */
export type Surroundings = { readonly args: Arguments; readonly clock: Clock; readonly log: Logger };

/** How a role reads and wires its documents. */
type RoleWiring<Config, Wired> = {
  readonly parse: (document: unknown) => ParsedConfig<Config>;
  readonly wire: (config: Config, before: Wired | undefined, dependencies: WiringDependencies) => Wired;
  readonly closeRemoved: (before: Wired, after: Wired | undefined) => Promise<void>;
};

/** What a process of either role has. */
export type CommonParts<Wired extends BuilderWiring<ConfigFile | BalancerConfig>> = {
  readonly running: {
    readonly wiring: Wired;
    readonly unknownFields: readonly string[];
    readonly push: (document: unknown) => Promise<ConfigPushAnswer>;
    readonly lookAgain: () => void;
    readonly fileProblems: () => readonly string[];
    readonly close: () => Promise<void>;
  };
  readonly fileWatch: FileWatch;
  readonly modes: ExecutionModes;
  readonly background: Background;
  readonly metrics: Metrics;
  readonly ledger: Ledger;
  readonly readiness: Readiness;
  readonly startedAtMs: number;
};

/** Makes the parts; the document runs when this resolves. */
export async function commonParts<Config extends ConfigFile | BalancerConfig, Wired extends BuilderWiring<Config>>(
  starting: Omit<ValidConfig<Config>, "kind">,
  { parse, wire, closeRemoved }: RoleWiring<Config, Wired>,
  { args, clock, log }: Surroundings,
): Promise<CommonParts<Wired>> {
  const startedAtMs = clock.nowMs();
  const store = new ConfigStore(args.stateDir, parse, clock);
  const metrics = new Metrics();
  const modes = new ExecutionModes(args.stateDir, { clock, metrics, log });
  await modes.load();
  const isShutOff = (): boolean => modes.effective === "disabled";
  const { standIn } = args;
  const secretOf = standIn === undefined ? undefined : standInSecrets(standIn, clock);
  const fenced = (answer: Leadership): void => metrics.fenced(answer);
  const observe = stateChangeLog(log);
  const connect = (options: UpstreamOptions): Upstream => new UpstreamClient(options, { clock });
  const running = new RunningConfig<Config, Wired>(starting, {
    store,
    parse,
    wire: (next, before) =>
      wire(next, before, { secretsDir: args.secretsDir, secretOf, clock, connect, isShutOff, fenced, observe }),
    closeRemoved,
    onRunning: (next) => {
      metrics.running(next);
      log.info(
        { revision: next.revision, executionMode: next.executionMode, builders: next.builders.map((b) => b.name) },
        "config running",
      );
    },
    onMode: () => modes.changed(),
  });
  modes.follow(running);
  const background = new Background((error) => {
    metrics.violated();
    log.error({ err: error }, "invariant violated after the reply");
  });
  return {
    running,
    fileWatch: new FileWatch(standIn === undefined ? args.config : undefined, { running, clock, log }),
    modes,
    background,
    metrics,
    ledger: new Ledger(),
    readiness: new Readiness(clock),
    startedAtMs,
  };
}
