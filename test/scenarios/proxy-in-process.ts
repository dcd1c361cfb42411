import { mkdir, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import { join } from "node:path";
import pino from "pino";
import { systemClock } from "../../proxy/clock.ts";
import type { BalancerConfig, ConfigFile } from "../../proxy/contract/config-file.ts";
import { ProxyStatus } from "../../proxy/contract/status.ts";
import type { StartedProxy } from "../../proxy/serving.ts";
import { startProxy } from "../../proxy/start.ts";

/** A real proxy or balancer of this process, on ports that stay its own. */
export type ProxyInProcess = AsyncDisposable & {
  readonly name: string;
  /** Its engine port. */
  readonly url: string;
  readonly adminUrl: string;
  /** What it has logged, one JSON text a line. */
  readonly log: readonly string[];
  status(): Promise<ProxyStatus>;
  /** Ports closed, connections broken, as kill -9. */
  kill(): Promise<void>;
  /** The engine port takes connections and answers nothing, until it starts again. */
  hang(): Promise<void>;
  /** The engine port answers HTTP 401 to everything, until it starts again. */
  refuseTokens(): Promise<void>;
  start(): Promise<void>;
  drain(): Promise<void>;
};

/** Starts it with the secrets of a folder; its state goes into a folder of its own there. */
export async function startProxyInProcess(
  document: ConfigFile | BalancerConfig,
  secretsDir: string,
): Promise<ProxyInProcess> {
  const name = document.sequencer;
  const config = join(secretsDir, `${name}.json`);
  await writeFile(config, JSON.stringify(document));
  const stateDir = join(secretsDir, `state-${name}`);
  await mkdir(stateDir, { recursive: true });
  const log: string[] = [];
  const start = (ports: Partial<StartedProxy["ports"]>): Promise<StartedProxy> =>
    startProxy(
      {
        config,
        secretsDir,
        stateDir,
        host: "127.0.0.1",
        enginePort: ports.engine ?? 0,
        rpcPort: ports.rpc ?? 0,
        adminPort: ports.admin ?? 0,
        debugHost: "127.0.0.1",
        debugPort: ports.debug ?? 0,
        drainSeconds: 0,
        logLevel: "silent",
        exitWithParent: false,
      },
      { clock: systemClock, log: pino({ level: "info" }, { write: (line) => void log.push(line) }) },
    );
  const first = await start({});
  const { ports } = first;
  let running: StartedProxy | undefined = first;
  let standIn: Server | undefined;
  const url = `http://127.0.0.1:${ports.engine}`;
  const adminUrl = `http://127.0.0.1:${ports.admin}`;
  const stop = async (): Promise<void> => {
    await running?.close();
    running = undefined;
    standIn?.closeAllConnections();
    await new Promise<void>((resolve) => (standIn === undefined ? resolve() : standIn.close(() => resolve())));
    standIn = undefined;
  };
  const standInFor = async (answer: RequestListener): Promise<void> => {
    await stop();
    const server = createServer(answer);
    await new Promise<void>((resolve) => server.listen(ports.engine, "127.0.0.1", resolve));
    standIn = server;
  };
  return {
    name,
    url,
    adminUrl,
    log,
    status: async () => ProxyStatus.parse(await (await fetch(`${adminUrl}/status`)).json()),
    kill: stop,
    hang: () => standInFor(() => {}),
    refuseTokens: () => standInFor((_, response) => void response.writeHead(401).end("invalid token")),
    start: async () => {
      await stop();
      running = await start(ports);
    },
    drain: async () => {
      await running?.drain();
      running = undefined;
    },
    [Symbol.asyncDispose]: stop,
  };
}
