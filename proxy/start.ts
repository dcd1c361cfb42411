import { startBalancer } from "./balancer/start-balancer.ts";
import type { Builder } from "./builder.ts";
import { commonParts, type Surroundings } from "./common-parts.ts";
import { ConfigStore, type ValidConfig } from "./config-store.ts";
import { type ConfigFile, parseConfigFile, parseEitherConfig } from "./contract/config-file.ts";
import { forgetPorts } from "./listening-file.ts";
import { takeOwnFolder } from "./own-folder.ts";
import { JobBook } from "./payload-job/job-book.ts";
import { ValidationTime } from "./selection/validation-time.ts";
import { decisionSink, type SequencerProxy } from "./sequencer-proxy.ts";
import { engineServer } from "./servers/engine-server.ts";
import { rpcServer } from "./servers/rpc-server.ts";
import { type StartedProxy, serve } from "./serving.ts";
import { startingConfig } from "./starting-config.ts";
import { proxyStatus } from "./status-view.ts";
import { closeRemoved, type Wiring, wire } from "./wiring.ts";

/**
 * Reads the config, wires it and listens on all ports; writes their numbers to `listening.json` in the state folder. `uid`: of
 * this process; undefined where the system has none.
 */
export async function startProxy(
  args: Surroundings["args"],
  { clock, log, uid }: Omit<Surroundings, "args"> & { readonly uid?: number | undefined },
): Promise<StartedProxy> {
  if (args.standIn?.isStateDirForetold === true) await takeOwnFolder(args.stateDir, uid);
  const unwritable = await forgetPorts(args.stateDir);
  if (unwritable !== undefined) log.error({ code: unwritable }, "the state folder cannot be written");
  const store = new ConfigStore(args.stateDir, parseEitherConfig, clock);
  const { config, unknownFields } = await startingConfig(args, { store, log });
  return config.role === "balancer"
    ? startBalancer({ config, unknownFields }, { args, clock, log })
    : startSequencer({ config, unknownFields }, { args, clock, log });
}

async function startSequencer(
  starting: Omit<ValidConfig<ConfigFile>, "kind">,
  surroundings: Surroundings,
): Promise<StartedProxy> {
  const { clock, log } = surroundings;
  const { rpcPort, standIn } = surroundings.args;
  const parts = await commonParts<ConfigFile, Wiring>(
    starting,
    {
      parse: parseConfigFile,
      wire,
      closeRemoved,
    },
    surroundings,
  );
  const { running, modes, background, metrics, ledger, readiness } = parts;
  metrics.shows({
    builders: () => running.wiring.builders,
    isExecutionClientUsable: () => running.wiring.executionClient.health.usable,
  });
  const proxy: SequencerProxy = {
    wiring: () => running.wiring,
    executionMode: () => modes.effective,
    background: (work) => background.begin(work),
    fault: (error) => background.fault(error),
    jobs: new JobBook<Builder>(),
    deciding: new Map(),
    clock,
    validationTime: new ValidationTime(clock),
    decided: decisionSink({ ledger, metrics, log, background }),
    repeated: () => metrics.repeated(),
  };
  const health = {
    isHealthy: () => running.wiring.executionClient.health.usable,
    isReady: () => readiness.isReady(running.wiring.executionClient.health.lastAnswerMs !== undefined),
  };
  return serve(
    parts,
    {
      engine: engineServer({
        proxy,
        health,
        isDraining: () => readiness.draining,
        metrics,
        log,
        plainWithoutToken: standIn?.plainWithoutToken === true,
      }),
      ...(rpcPort === undefined ? {} : { rpc: { server: rpcServer({ proxy, health }), port: rpcPort } }),
      health,
      status: () => proxyStatus(parts, { ready: health.isReady(), ...running.wiring }),
      hasOpenJob: () => proxy.jobs.hasOpenJob,
      // A balancer has no head; what it hears and answers says enough.
      watched: () => (running.wiring.config.buildersAre === "balancers" ? [] : running.wiring.builders),
      heads: proxy.jobs.heads,
    },
    surroundings,
  );
}
