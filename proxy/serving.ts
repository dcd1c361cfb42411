import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import type { Builder } from "./builder.ts";
import { byDeadline, type Clock } from "./clock.ts";
import type { CommonParts, Surroundings } from "./common-parts.ts";
import type { BalancerConfig, ConfigFile } from "./contract/config-file.ts";
import type { ProxyStatus } from "./contract/status.ts";
import { watchHeads } from "./health/head-watch.ts";
import { type Ports, tellPorts } from "./listening-file.ts";
import type { RecentHeads } from "./payload-job/recent-heads.ts";
import { adminServer } from "./servers/admin-server.ts";
import { readToken } from "./servers/bearer-token.ts";
import { debugServer } from "./servers/debug-server.ts";
import type { HealthView } from "./servers/health-routes.ts";
import { isLoopback } from "./servers/loopback.ts";
import { VERSION } from "./version.ts";
import type { BuilderWiring } from "./wiring.ts";

/** A proxy that listens. */
export type StartedProxy = {
  readonly ports: Ports;
  /** Not ready at once, accepting for `drainSeconds`, then closed between two payload jobs. */
  readonly drain: () => Promise<void>;
  /** Config file, secrets and certificates are read again at once. */
  readonly reload: () => Promise<void>;
  /** Closed at once. */
  readonly close: () => Promise<void>;
};

/** What sets these ports on a command line of our own, and on one of rollup-boost's. */
const OWN_PORT_OPTIONS = { engine: "--engine-port", admin: "--admin-port" };
const ROLLUP_BOOST_PORT_OPTIONS = { engine: "--rpc-port", admin: "--metrics-port" };

/** How long a drained proxy waits for op-node to fetch the block it has asked for. */
const OPEN_JOB_WAIT_BLOCKS = 2;
const OPEN_JOB_LOOK_MS = 20;

/** How long calls under way may go on when the process ends; then they are answered with an error. */
const CLOSE_WAIT_MS = 2_000;

/** After that a connection is broken, also one that never sent its whole request. */
const CLOSE_ANYWAY_MS = 3_000;
const CLOSE_LOOK_MS = 20;

/** Serves a role's own ports, and the admin and debug ports that both roles have, until it is closed or drained. */
export async function serve(
  parts: CommonParts<BuilderWiring<ConfigFile | BalancerConfig>>,
  own: {
    readonly engine: FastifyInstance;
    readonly rpc?: { readonly server: FastifyInstance; readonly port: number };
    readonly health: HealthView;
    readonly status: () => ProxyStatus;
    readonly hasOpenJob: () => boolean;
    /** The builders whose heads are compared with ours. */
    readonly watched: () => readonly Builder[];
    readonly heads: RecentHeads;
  },
  { args, clock, log }: Surroundings,
): Promise<StartedProxy> {
  const { running, fileWatch, background, readiness, modes, ledger, metrics } = parts;
  const adminToken = (): string | undefined => readToken(join(args.secretsDir, "admin-token"));
  const admin = adminServer({
    status: own.status,
    push: (document) => running.push(document),
    adminToken,
    modes,
    ledger,
    health: own.health,
    metrics,
  });
  const needsToken = !isLoopback(args.debugHost);
  const debug = debugServer({ modes, needsToken, adminToken });
  const servers = [own.engine, ...(own.rpc === undefined ? [] : [own.rpc.server]), admin, debug];
  const stopWatchingHeads = watchHeads(
    clock,
    () => running.wiring.config.timing.blockTimeMs,
    () => {
      if (modes.effective === "disabled") return;
      for (const builder of own.watched()) background.begin(() => builder.watchHead(own.heads));
    },
  );
  const close = async (): Promise<void> => {
    stopWatchingHeads();
    fileWatch.close();
    await closeServers(servers, { closeUpstreams: () => running.close(), clock });
    modes.adminHand.close();
    await byDeadline(clock, { atMs: clock.monotonicMs() + CLOSE_WAIT_MS }, background.done(), undefined);
    await running.close();
  };
  const drain = async (): Promise<void> => {
    readiness.drain();
    await sleep(clock, args.drainSeconds * 1_000);
    const untilMs = clock.monotonicMs() + OPEN_JOB_WAIT_BLOCKS * running.wiring.config.timing.blockTimeMs;
    while (own.hasOpenJob() && clock.monotonicMs() < untilMs) await sleep(clock, OPEN_JOB_LOOK_MS);
    await close();
  };
  const options = args.standIn === undefined ? OWN_PORT_OPTIONS : ROLLUP_BOOST_PORT_OPTIONS;
  try {
    // A port for people: that another program has it must not keep a sequencer from its blocks.
    const debugPort = await listen(debug, args.debugHost, args.debugPort).catch((error: Error) => {
      log.error(
        { err: error, host: args.debugHost, port: args.debugPort },
        "no debug port: choose another --debug-port",
      );
      return undefined;
    });
    const ports = {
      engine: await listen(own.engine, args.host, args.enginePort).catch(choosing(options.engine)),
      ...(own.rpc === undefined
        ? {}
        : { rpc: await listen(own.rpc.server, args.host, own.rpc.port).catch(choosing("--rpc-port")) }),
      admin: await listen(admin, args.adminHost ?? args.host, args.adminPort).catch(choosing(options.admin)),
      ...(debugPort === undefined ? {} : { debug: debugPort }),
    };
    const untold = await tellPorts(args.stateDir, ports);
    if (untold !== undefined) log.error({ code: untold }, "listening.json cannot be written");
    log.info({ host: args.host, ports, version: VERSION }, "listening");
    return { ports, close, drain, reload: () => fileWatch.reload() };
  } catch (error) {
    await close();
    throw error;
  }
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

/** Rejects with what was wrong with a port, and the option that chooses another. */
const choosing = (option: string) => (cause: Error) =>
  Promise.reject(new Error(`${cause.message}; choose another ${option}`, { cause }));

async function listen(server: FastifyInstance, host: string, port: number): Promise<number> {
  await server.listen({ host, port });
  const address = server.server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}
