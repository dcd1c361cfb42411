import { randomBytes } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BalancerConfig, ConfigFile } from "../../proxy/contract/config-file.ts";
import type { BlockDecision } from "../../proxy/contract/status.ts";
import { type Devnet, startDevnet } from "../devnet/devnet.ts";
import type { BuiltBlock } from "../devnet/sequenced-block.ts";
import { until } from "../devnet/until.ts";
import { BALANCER_SECRET_FILE, balancerDocument, proxyDocument } from "./balancer-document.ts";
import { type ProxyInProcess, startProxyInProcess } from "./proxy-in-process.ts";

/** Sequencers, each with its proxy, in front of balancers, in front of builders; all on real sockets. */
export type BalancerWorld = AsyncDisposable & {
  readonly devnet: Devnet;
  readonly balancerSecret: string;
  readonly adminToken: string;
  /** By the sequencer's name. Throws for a name the world was not started with. */
  proxy(sequencer: string): ProxyInProcess;
  /** In the proxies' order. Throws for an index the world was not started with. */
  balancer(index: number): ProxyInProcess;
  /** The document a balancer was started with. */
  balancerConfig(index: number): BalancerConfig;
  /** The newest decision of a sequencer's proxy. */
  lastDecision(sequencer?: string): Promise<BlockDecision | undefined>;
  /** Builds block after block until one is a builder's, each of which must come. */
  builderBlock(): Promise<BuiltBlock>;
};

export type BalancerWorldOptions = {
  /** Default: one. */
  readonly sequencers?: readonly string[];
  /** Default: two. Where several payloads are alike the first in the order of names is handed out. */
  readonly builders?: readonly string[];
  /** Default: one. */
  readonly balancers?: number;
  /** Over patient deadlines, in all documents. */
  readonly timing?: Partial<ConfigFile["timing"]>;
};

/** Starts a world; everything ends with it. */
export async function startBalancerWorld(options: BalancerWorldOptions = {}): Promise<BalancerWorld> {
  const { sequencers = ["sequencer-0"], builders = ["builder-0", "builder-1"], balancers = 1, timing } = options;
  await using stack = new AsyncDisposableStack();
  const secret = (): string => randomBytes(32).toString("hex");
  const jwtSecrets = Object.fromEntries([...sequencers, ...builders].map((name) => [name, secret()]));
  const devnet = stack.use(await startDevnet({ sequencers, builders, jwtSecrets }));
  const dir = await mkdtemp(join(tmpdir(), "rollup-boost-balancer-"));
  stack.defer(() => rm(dir, { recursive: true, force: true }));
  const balancerSecret = secret();
  const adminToken = secret();
  await Promise.all([
    ...Object.entries(jwtSecrets).map(([name, text]) => writeFile(join(dir, `${name}.jwt`), text)),
    writeFile(join(dir, BALANCER_SECRET_FILE), balancerSecret),
    writeFile(join(dir, "admin-token"), adminToken),
  ]);
  const running: ProxyInProcess[] = [];
  const configs: BalancerConfig[] = [];
  for (let index = 0; index < balancers; index += 1) {
    const config = balancerDocument(`balancer-${index}`, devnet.builders, timing);
    configs.push(config);
    running.push(stack.use(await startProxyInProcess(config, dir)));
  }
  const proxies = new Map<string, ProxyInProcess>();
  for (const sequencer of devnet.sequencers) {
    const document = proxyDocument(sequencer, sequencer.name, running, timing);
    const proxy = stack.use(await startProxyInProcess(document, dir));
    sequencer.opNode.useEngine(proxy.url);
    proxies.set(sequencer.name, proxy);
  }
  const owned = stack.move();
  const known = <T>(what: string | number, part: T | undefined): T => {
    if (part === undefined) throw new Error(`the world has no ${what}`);
    return part;
  };
  const proxy = (name: string): ProxyInProcess => known(name, proxies.get(name));
  return {
    devnet,
    balancerSecret,
    adminToken,
    proxy,
    balancer: (index) => known(index, running[index]),
    balancerConfig: (index) => known(index, configs[index]),
    lastDecision: async (name = sequencers[0] ?? "") => (await proxy(name).status()).lastDecisions.at(-1),
    builderBlock: () =>
      until("a builder's block", async () => {
        const block = await devnet.buildBlock();
        return builders.some((name) => name === block.builtBy) ? block : undefined;
      }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
