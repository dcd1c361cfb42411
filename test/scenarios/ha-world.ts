import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { systemClock } from "../../proxy/clock.ts";
import type { ConfigFile } from "../../proxy/contract/config-file.ts";
import { ProxyStatus } from "../../proxy/contract/status.ts";
import type { StartedProxy } from "../../proxy/serving.ts";
import { startProxy } from "../../proxy/start.ts";
import { type Devnet, startDevnet } from "../devnet/devnet.ts";
import type { ExecutionClient } from "../devnet/execution-client.ts";
import type { BuiltBlock } from "../devnet/sequenced-block.ts";
import { until } from "../devnet/until.ts";
import { worldDocument } from "./world-document.ts";

/** The proxy of one sequencer. */
type HaProxy = {
  readonly engineUrl: string;
  status(): Promise<ProxyStatus>;
  /** Ports closed at once, as kill -9. */
  kill(): Promise<void>;
  /** The same ports again, with what is in its folders. */
  start(): Promise<void>;
};

/** An HA set of three sequencers, each with op-conductor, op-node, execution client and a proxy; the first leads. */
export type HaWorld = AsyncDisposable & {
  readonly devnet: Devnet;
  proxy(sequencer: string): HaProxy;
  /** Blocks of the leader, one after another, until `is`; every one of them must come. */
  blockUntil(what: string, is: (block: BuiltBlock) => boolean): Promise<BuiltBlock>;
};

export const SEQUENCERS = ["sequencer-0", "sequencer-1", "sequencer-2"] as const;
export const BUILDERS = ["builder-0", "builder-1", "builder-2"] as const;

/** `one-to-one`: each sequencer has the builder of its number, its own. `n-builders`: each has all of them, shared behind op-conductor. */
export async function startHaWorld(
  topology: "one-to-one" | "n-builders",
  change: Partial<Pick<ConfigFile, "selection">> & { readonly timing?: Partial<ConfigFile["timing"]> } = {},
): Promise<HaWorld> {
  const stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "rollup-boost-ha-"));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const devnet = stack.use(await startDevnet({ sequencers: SEQUENCERS, builders: BUILDERS }));
  const proxies = new Map<string, HaProxy>();
  for (const [index, { name, executionClient, opNode, conductor }] of devnet.sequencers.entries()) {
    const builders = topology === "n-builders" ? devnet.builders : devnet.builders.slice(index, index + 1);
    const { timing, ...rest } = change;
    const driving = topology === "n-builders" ? { driving: "shared" as const, conductor: { url: conductor.url } } : {};
    const document = { ...worldDocument({ executionClient, builders }, timing), ...driving, ...rest, sequencer: name };
    const proxy = await startHaProxy(join(dir, name), document, [executionClient, ...builders]);
    stack.defer(() => proxy.kill());
    proxies.set(name, proxy);
    opNode.useEngine(proxy.engineUrl);
  }
  return {
    devnet,
    proxy: (name) => {
      const proxy = proxies.get(name);
      if (proxy === undefined) throw new Error(`no sequencer is named ${name}`);
      return proxy;
    },
    blockUntil: (what, is) =>
      until(what, async () => {
        const block = await devnet.buildBlock();
        return is(block) ? block : undefined;
      }),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function startHaProxy(
  dir: string,
  document: ConfigFile,
  [executionClient, ...builders]: readonly [ExecutionClient, ...ExecutionClient[]],
): Promise<HaProxy> {
  await mkdir(dir);
  const config = join(dir, "mounted.json");
  await Promise.all([
    writeFile(config, JSON.stringify(document)),
    writeFile(join(dir, "execution-client.jwt"), executionClient.jwtSecret),
    ...builders.map((each) => writeFile(join(dir, `builder-${each.name}.jwt`), each.jwtSecret)),
  ]);
  const start = (ports: StartedProxy["ports"]): Promise<StartedProxy> =>
    startProxy(
      {
        config,
        secretsDir: dir,
        stateDir: join(dir, "state"),
        host: "127.0.0.1",
        enginePort: ports.engine,
        rpcPort: ports.rpc ?? 0,
        adminPort: ports.admin,
        debugHost: "127.0.0.1",
        debugPort: ports.debug ?? 0,
        drainSeconds: 0,
        logLevel: "silent",
        exitWithParent: false,
      },
      { clock: systemClock, log: pino({ level: "silent" }) },
    );
  const { ports, close } = await start({ engine: 0, rpc: 0, admin: 0, debug: 0 });
  let kill: (() => Promise<void>) | undefined = close;
  return {
    engineUrl: `http://127.0.0.1:${ports.engine}`,
    status: async () => ProxyStatus.parse(await (await fetch(`http://127.0.0.1:${ports.admin}/status`)).json()),
    kill: async () => {
      await kill?.();
      kill = undefined;
    },
    start: async () => {
      kill = (await start(ports)).close;
    },
  };
}
