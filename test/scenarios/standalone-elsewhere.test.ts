import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { runStandalone } from "../../operator/standalone/run-standalone.ts";
import { systemClock } from "../../proxy/clock.ts";
import { ProxyStatus } from "../../proxy/contract/status.ts";
import { startProxy } from "../../proxy/start.ts";
import { startExecutionClient } from "../devnet/execution-client.ts";
import { until } from "../devnet/until.ts";

const JWT_SECRET = "5".repeat(64);
const TOKEN = "token-of-the-test";

test("a proxy that runs elsewhere is pushed its config, also when it runs another document of the same revision", async () => {
  const dir = await mkdtemp(join(tmpdir(), "rollup-boost-elsewhere-"));
  const secretsDir = join(dir, "secrets");
  await mkdir(join(secretsDir, "devnet-sequencer-0"), { recursive: true });
  await writeFile(join(secretsDir, "devnet-sequencer-0", "admin-token"), `${TOKEN}\n`);
  const executionClient = await startExecutionClient({ name: "op-geth", jwtSecret: JWT_SECRET });
  const upstream = { url: executionClient.engineUrl, rpcUrl: executionClient.rpcUrl };

  const proxyDir = join(dir, "proxy");
  await mkdir(proxyDir);
  await writeFile(join(proxyDir, "admin-token"), TOKEN);
  await writeFile(join(proxyDir, "execution-client.jwt"), JWT_SECRET);
  const own = {
    schemaVersion: 1,
    revision: 1,
    cluster: "devnet",
    sequencer: "sequencer-0",
    role: "sequencer",
    executionMode: "disabled",
    executionClient: { ...upstream, jwtSecretFile: "execution-client.jwt" },
    builders: [],
    timing: { blockTimeMs: 2_000, builderDeadlineMs: 200, decisionDeadlineMs: 500 },
  };
  await writeFile(join(proxyDir, "config.json"), JSON.stringify(own));
  const proxy = await startProxy(
    {
      config: join(proxyDir, "config.json"),
      secretsDir: proxyDir,
      stateDir: join(proxyDir, "state"),
      host: "127.0.0.1",
      enginePort: 0,
      rpcPort: 0,
      adminPort: 0,
      debugHost: "127.0.0.1",
      debugPort: 0,
      drainSeconds: 0,
      logLevel: "silent",
      exitWithParent: false,
    },
    { clock: systemClock, log: pino({ level: "silent" }) },
  );
  const adminUrl = `http://127.0.0.1:${proxy.ports.admin}`;
  const jwtSecretRef = { name: "engine-jwt", key: "jwt.hex" };
  const sequencer = { name: "sequencer-0", executionClient: { ...upstream, jwtSecretRef }, proxy: { url: adminUrl } };
  const file = join(dir, "cluster.yaml");
  const spec = { topology: "OneToOne", sequencers: [sequencer] };
  const metadata = { name: "devnet" };
  await writeFile(
    file,
    stringify({ apiVersion: "rollup-boost.dev/v1alpha1", kind: "RollupBoostCluster", metadata, spec }),
  );

  const end = new AbortController();
  const lines: string[] = [];
  const log = { info: (text: string) => lines.push(text), warn: (text: string) => lines.push(text) };
  const stateDir = join(dir, "state");
  const options = { files: [file], secretsDir, stateDir, spawn: false, basePort: 20_000, logLevel: "silent" };
  const plan = { proxyImage: "rollup-boost-proxy", operatorVersion: "0.1.0" };
  const ended = runStandalone({ ...options, plan }, log, end.signal);
  try {
    const status = await until("the proxy runs the manifest's document", async () => {
      const found = ProxyStatus.parse(await (await fetch(`${adminUrl}/status`)).json());
      return found.executionMode === "enabled" ? found : undefined;
    });
    expect(status.revision).toBe(2);
    await until("the operator has seen it", () =>
      lines.some((line) => line.includes("Ready True")) ? true : undefined,
    );
    const files = await readFile(join(stateDir, "devnet", "status.json"), "utf8");
    expect(`${lines.join("\n")}${files}`).not.toContain(TOKEN);
    expect(`${lines.join("\n")}${files}`).not.toContain(JWT_SECRET);
  } finally {
    end.abort();
    await ended;
    await proxy.close();
    await executionClient[Symbol.asyncDispose]();
    await rm(dir, { recursive: true, force: true });
  }
});
