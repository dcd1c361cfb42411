import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type ConfigFile, defaultTiming } from "../../proxy/contract/config-file.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The secret of every part of a bench. */
export const SECRET = "11".repeat(32);

/** How long a part may take to start. */
const START_TIMEOUT_MS = 20_000;

/** A process of the bench; it ends with this one, also when this one is killed. */
export type Running = AsyncDisposable & { readonly child: ChildProcess };

export async function startMockUpstreams(
  payloadBytes: number,
): Promise<Running & { readonly executionClient: string; readonly builder: string }> {
  const running = start([join(ROOT, "test/bench/mock-upstream.ts"), String(payloadBytes)]);
  const { stdout } = running.child;
  if (stdout === null) throw new Error("the mock upstream has no standard output");
  const [line] = (await once(createInterface(stdout), "line", { signal: AbortSignal.timeout(START_TIMEOUT_MS) })) as [
    string,
  ];
  const ports = JSON.parse(line) as { readonly executionClient: number; readonly builder: number };
  return {
    ...running,
    executionClient: `http://127.0.0.1:${ports.executionClient}`,
    builder: `http://127.0.0.1:${ports.builder}`,
  };
}

/** Starts the proxy as a process of its own and waits until its admin port answers. */
export async function startProxyProcess(
  upstreams: { readonly executionClient: string; readonly builder: string },
  dir: string,
): Promise<Running & { readonly engine: string; readonly admin: string; readonly coldStartMs: number }> {
  await mkdir(dir, { recursive: true });
  const config: ConfigFile = {
    schemaVersion: 1,
    revision: 1,
    cluster: "bench",
    sequencer: "sequencer-0",
    role: "sequencer",
    executionMode: "enabled",
    executionClient: { url: upstreams.executionClient, rpcUrl: upstreams.executionClient, jwtSecretFile: "jwt.hex" },
    builders: [{ name: "builder", url: upstreams.builder, jwtSecretFile: "jwt.hex" }],
    timing: defaultTiming(4_000),
  };
  await Promise.all([
    writeFile(join(dir, "config.json"), JSON.stringify(config)),
    writeFile(join(dir, "jwt.hex"), SECRET),
  ]);
  const ports = { engine: await freePort(), rpc: await freePort(), admin: await freePort() };
  const startedAtMs = performance.now();
  const running = start([
    join(ROOT, "proxy/main.ts"),
    ...[
      "--config",
      join(dir, "config.json"),
      "--secrets-dir",
      dir,
      "--state-dir",
      join(dir, "state"),
      "--host",
      "127.0.0.1",
    ],
    ...["--engine-port", String(ports.engine), "--rpc-port", String(ports.rpc), "--admin-port", String(ports.admin)],
    ...["--log-level", "info", "--exit-with-parent"],
  ]);
  running.child.stdout?.resume();
  const admin = `http://127.0.0.1:${ports.admin}`;
  await answering(`${admin}/livez`);
  return {
    ...running,
    engine: `http://127.0.0.1:${ports.engine}`,
    admin,
    coldStartMs: performance.now() - startedAtMs,
  };
}

function start(args: readonly string[]): Running {
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
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
