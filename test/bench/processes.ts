import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type ConfigFile, defaultSelection, defaultTiming } from "../../proxy/contract/config-file.ts";
import { imageEnvironment, imageNodeOptions } from "../proxy-image.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The secret of every part of a bench. */
export const SECRET = "11".repeat(32);

/** Stands in the hashes of the mock execution client's blocks, before the payload id. */
export const EXECUTION_CLIENT_MARK = "f";

/** The image brings its own, filled; here the first start fills it. */
const COMPILE_CACHE = join(tmpdir(), "rollup-boost-bench-compile-cache");

/** How long a part may take to start. */
const START_TIMEOUT_MS = 20_000;

/** A process of the bench; it ends with this one, also when this one is killed. */
type Running = AsyncDisposable & { readonly child: ChildProcess };

/** A process that is measured: calls go to `engine`. */
export type Subject = Running & {
  readonly engine: string;
  /** The proxy's alone. */
  readonly admin?: string;
  readonly coldStartMs: number;
};

export type Upstreams = {
  readonly executionClient: string;
  readonly builders: readonly string[];
  /** From when it resolves on the builders take every call and answer none. */
  readonly hangBuilders: () => Promise<void>;
};

/** Starts the mock execution client in one process and the mock builders in another, as they are on other machines too. */
export async function startMockUpstreams(options: {
  readonly payloadBytes: number;
  readonly builders: number;
}): Promise<AsyncDisposable & Upstreams> {
  const executionClient = await startMocks(options.payloadBytes, EXECUTION_CLIENT_MARK);
  const builders = await startMocks(options.payloadBytes, "123456789".slice(0, options.builders));
  return {
    executionClient: executionClient.urls[0] ?? "",
    builders: builders.urls,
    hangBuilders: builders.hang,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([executionClient[Symbol.asyncDispose](), builders[Symbol.asyncDispose]()]);
    },
  };
}

async function startMocks(
  payloadBytes: number,
  marks: string,
): Promise<Running & { readonly urls: readonly string[]; readonly hang: () => Promise<void> }> {
  const args = [join(ROOT, "test/bench/mock-upstream.ts"), String(payloadBytes), marks];
  const running = start(process.execPath, args);
  const { stdin, stdout } = running.child;
  if (stdin === null || stdout === null) throw new Error("the mock upstream has no standard input or output");
  const lines = createInterface(stdout);
  const said = async (): Promise<string> => {
    const [line] = (await once(lines, "line", { signal: AbortSignal.timeout(START_TIMEOUT_MS) })) as [string];
    return line;
  };
  const ports = JSON.parse(await said()) as readonly number[];
  const hang = async (): Promise<void> => {
    const hung = said();
    stdin.write("hang\n");
    await hung;
  };
  return { ...running, urls: ports.map(loopback), hang };
}

/** The proxy and, where its file is given, rollup-boost, in front of the same upstreams. */
export async function startSubjects(
  upstreams: Upstreams,
  dir: string,
  peer: string | undefined,
): Promise<ReadonlyMap<string, Subject>> {
  const proxy: readonly [string, Subject] = ["proxy", await startProxyProcess(upstreams, dir)];
  return new Map(peer === undefined ? [proxy] : [proxy, ["rollup-boost", await startRollupBoost(peer, upstreams)]]);
}

/** The proxy's, with blocks of 4 s. */
export const TIMING = defaultTiming(4_000);

/** Starts the proxy as a process of its own and waits until its admin port answers. */
export async function startProxyProcess(
  upstreams: Upstreams,
  dir: string,
): Promise<Subject & { readonly admin: string }> {
  await mkdir(dir, { recursive: true });
  const config: ConfigFile = {
    schemaVersion: 1,
    revision: 1,
    cluster: "bench",
    sequencer: "sequencer-0",
    role: "sequencer",
    executionMode: "enabled",
    executionClient: { url: upstreams.executionClient, rpcUrl: upstreams.executionClient, jwtSecretFile: "jwt.hex" },
    driving: "exclusive",
    builders: upstreams.builders.map((url, index) => ({
      name: `builder-${index}`,
      url,
      jwtSecretFile: "jwt.hex",
      forwardTransactions: true,
    })),
    selection: defaultSelection,
    timing: TIMING,
  };
  await Promise.all([
    writeFile(join(dir, "config.json"), JSON.stringify(config)),
    writeFile(join(dir, "jwt.hex"), SECRET),
  ]);
  const stateDir = join(dir, "state");
  const startedAtMs = performance.now();
  const running = start(
    process.execPath,
    [
      ...imageNodeOptions(),
      join(ROOT, "proxy/main.ts"),
      ...["--config", join(dir, "config.json"), "--secrets-dir", dir, "--state-dir", stateDir, "--host", "127.0.0.1"],
      ...["--engine-port", "0", "--rpc-port", "0", "--admin-port", "0", "--debug-port", "0", "--exit-with-parent"],
    ],
    { ...imageEnvironment(), NODE_COMPILE_CACHE: COMPILE_CACHE },
  );
  running.child.stdout?.resume();
  const ports = await listening(join(stateDir, "listening.json"));
  const admin = loopback(ports.admin);
  await answering(`${admin}/livez`);
  return { ...running, engine: loopback(ports.engine), admin, coldStartMs: performance.now() - startedAtMs };
}

/** Starts the peer with its own defaults; it has one builder. */
async function startRollupBoost(program: string, upstreams: Upstreams): Promise<Subject> {
  const port = await freePort();
  const startedAtMs = performance.now();
  const running = start(program, [
    ...["--l2-url", upstreams.executionClient, "--l2-jwt-token", SECRET],
    ...["--builder-url", upstreams.builders[0] ?? "", "--builder-jwt-token", SECRET],
    ...["--rpc-host", "127.0.0.1", "--rpc-port", String(port), "--debug-server-port", String(await freePort())],
    ...["--log-level", "warn"],
  ]);
  running.child.stdout?.resume();
  await answering(`${loopback(port)}/livez`);
  return { ...running, engine: loopback(port), coldStartMs: performance.now() - startedAtMs };
}

const loopback = (port: number): string => `http://127.0.0.1:${port}`;

function start(program: string, args: readonly string[], environment: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(program, args, { env: { ...process.env, ...environment }, stdio: ["pipe", "pipe", "inherit"] });
  return {
    child,
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGKILL");
      await exited;
    },
  };
}

/** The ports a proxy took, once it listens. */
async function listening(file: string): Promise<{ readonly engine: number; readonly admin: number }> {
  const untilMs = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const text = await readFile(file, "utf8").catch(() => undefined);
    if (text !== undefined) return JSON.parse(text);
    if (performance.now() > untilMs) throw new Error(`${file} is not written`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function answering(url: string): Promise<void> {
  const untilMs = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (ok) return;
    if (performance.now() > untilMs) throw new Error(`${url} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function freePort(): Promise<number> {
  const { createServer } = await import("node:net");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
