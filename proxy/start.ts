import { readFileSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Arguments } from "./arguments.ts";
import type { Builder } from "./builder.ts";
import type { Clock } from "./clock.ts";
import { newerDocument } from "./config-revision.ts";
import { ConfigStore } from "./config-store.ts";
import { type ParsedConfig, parseConfigFile } from "./contract/config-file.ts";
import { problemText } from "./contract/problems.ts";
import { Ledger } from "./ledger.ts";
import { Metrics } from "./metrics.ts";
import { JobBook } from "./payload-job/job-book.ts";
import { Readiness } from "./readiness.ts";
import { RunningConfig } from "./running-config.ts";
import { decisionSink, type SequencerProxy } from "./sequencer-proxy.ts";
import { adminServer } from "./servers/admin-server.ts";
import { engineServer } from "./servers/engine-server.ts";
import { rpcServer } from "./servers/rpc-server.ts";
import { proxyStatus } from "./status-view.ts";
import { VERSION } from "./version.ts";

/** The config document cannot be used; the message names every problem. */
export class ConfigRefused extends Error {
  override readonly name = "ConfigRefused";
}

/** A proxy that listens. */
export type StartedProxy = {
  readonly ports: { readonly engine: number; readonly rpc: number; readonly admin: number };
  /** Not ready at once, accepting for `drainSeconds`, then closed between two payload jobs. */
  readonly drain: () => Promise<void>;
  /** Closed at once. */
  readonly close: () => Promise<void>;
};

/** How long a drained proxy waits for op-node to fetch the block it has asked for. */
const OPEN_JOB_WAIT_BLOCKS = 2;
const OPEN_JOB_LOOK_MS = 20;

/** How long calls under way may go on when the process ends; then they are answered with an error. */
const CLOSE_WAIT_MS = 2_000;

/** After that a connection is broken, also one that never sent its whole request. */
const CLOSE_ANYWAY_MS = 3_000;
const CLOSE_LOOK_MS = 20;

/** Reads the config, wires it and listens on all ports; writes their numbers to `listening.json` in the state folder. */
export async function startProxy(
  args: Arguments,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<StartedProxy> {
  const startedAtMs = clock.nowMs();
  await mkdir(args.stateDir, { recursive: true });
  const listening = join(args.stateDir, "listening.json");
  await rm(listening, { force: true });
  const store = new ConfigStore(args.stateDir);
  const mounted = await readConfig(args.config);
  const config = newerDocument(mounted.config, await store.read());
  const metrics = new Metrics();
  const ledger = new Ledger();
  const readiness = new Readiness(clock);
  const running = new RunningConfig(
    { config, unknownFields: config === mounted.config ? mounted.unknownFields : [] },
    {
      store,
      secretsDir: args.secretsDir,
      clock,
      onRunning: (next) => {
        metrics.running(next);
        log.info(
          { revision: next.revision, executionMode: next.executionMode, builders: next.builders.map((b) => b.name) },
          "config running",
        );
      },
    },
  );
  const proxy: SequencerProxy = {
    wiring: () => running.wiring,
    jobs: new JobBook<Builder>(),
    deciding: new Map(),
    clock,
    decided: decisionSink({ ledger, metrics, log }),
  };
  const health = {
    isHealthy: () => running.wiring.executionClient.health.usable,
    isReady: () => readiness.isReady(running.wiring.executionClient.health.lastAnswerMs !== undefined),
  };
  const servers = {
    engine: engineServer({ proxy, health, isDraining: () => readiness.draining, metrics, log }),
    rpc: rpcServer({ proxy, health }),
    admin: adminServer({
      status: () => proxyStatus({ running, readiness, ledger, version: VERSION, startedAtMs }),
      push: (document) => running.push(document),
      adminToken: () => readToken(join(args.secretsDir, "admin-token")),
      health,
      metrics,
    }),
  };
  const close = async (): Promise<void> => {
    await closeServers(Object.values(servers), { closeUpstreams: () => running.close(), clock });
    await running.close();
  };
  try {
    const ports = {
      engine: await listen(servers.engine, args.host, args.enginePort),
      rpc: await listen(servers.rpc, args.host, args.rpcPort),
      admin: await listen(servers.admin, args.host, args.adminPort),
    };
    await writeFile(`${listening}.next`, JSON.stringify(ports));
    await rename(`${listening}.next`, listening);
    log.info({ host: args.host, ports, version: VERSION }, "listening");
    return { ports, close, drain: () => drain(args.drainSeconds * 1_000, { proxy, readiness, clock, close }) };
  } catch (error) {
    await close();
    throw error;
  }
}

async function drain(
  drainMs: number,
  {
    proxy,
    readiness,
    clock,
    close,
  }: { proxy: SequencerProxy; readiness: Readiness; clock: Clock; close: () => Promise<void> },
): Promise<void> {
  readiness.drain();
  await sleep(clock, drainMs);
  const untilMs = clock.monotonicMs() + OPEN_JOB_WAIT_BLOCKS * proxy.wiring().config.timing.blockTimeMs;
  while (proxy.jobs.hasOpenJob && clock.monotonicMs() < untilMs) await sleep(clock, OPEN_JOB_LOOK_MS);
  await close();
}

/**
 * Ends idle connections at once and the others when their call is answered, which is when the upstreams close at the
 * latest. Node closes a connection that is busy at that moment only when its caller does, and op-node keeps it for 90 s.
 */
async function closeServers(
  servers: readonly FastifyInstance[],
  { closeUpstreams, clock }: { readonly closeUpstreams: () => Promise<void>; readonly clock: Clock },
): Promise<void> {
  let isClosed = false;
  const closed = Promise.all(servers.map((server) => server.close())).then(() => {
    isClosed = true;
  });
  const cancels = [
    clock.after(CLOSE_WAIT_MS, () => void closeUpstreams()),
    clock.after(CLOSE_ANYWAY_MS, () => {
      for (const { server } of servers) server.closeAllConnections();
    }),
  ];
  while (!isClosed) {
    for (const { server } of servers) server.closeIdleConnections();
    await Promise.race([closed, sleep(clock, CLOSE_LOOK_MS)]);
  }
  for (const cancel of cancels) cancel();
}

const sleep = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));

async function readConfig(path: string): Promise<Extract<ParsedConfig, { kind: "valid" }>> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new ConfigRefused(
      `${path}: ${error instanceof SyntaxError ? `not JSON: ${error.message}` : "cannot be read"}`,
    );
  }
  const parsed = parseConfigFile(document);
  if (parsed.kind === "valid") return parsed;
  throw new ConfigRefused([`${path}:`, ...parsed.problems.map((problem) => `  ${problemText(problem)}`)].join("\n"));
}

async function listen(server: FastifyInstance, host: string, port: number): Promise<number> {
  await server.listen({ host, port });
  const address = server.server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

function readToken(path: string): string | undefined {
  try {
    const token = readFileSync(path, "utf8").trim();
    return token === "" ? undefined : token;
  } catch {
    return undefined;
  }
}
