#!/usr/bin/env node
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { cycle, firstAct, playAct } from "./demo/acts.ts";
import { copyManifest, devnetOptions } from "./demo/demo-manifest.ts";
import { OperatorProcess } from "./demo/operator-process.ts";
import { ProxyWatch } from "./demo/proxy-watch.ts";
import { openScreen, type Screen } from "./demo/screen.ts";
import { Stage } from "./demo/stage.ts";
import { type ActResult, summarize, summaryLines } from "./demo/summary.ts";
import { neededPorts, proxyPorts, takenPort } from "./demo/taken-port.ts";
import { startDevnet } from "./devnet.ts";

const MANIFEST = join(import.meta.dirname, "demo-cluster.yaml");
const READY_MS = 20_000;
/** What the summary of a run of days counts. */
const ACTS_KEPT = 500;
const EXIT_FAILED = 1;
const EXIT_INTERRUPTED = 130;

/** Three tens of ports above the base, all below the range that outgoing connections take theirs from. */
const BASE_PORT_MAX = 32_000;

const HELP = `A cluster of three sequencers with builders, from one manifest, in under 50 seconds.

Starts a simulated OP Stack on loopback (execution clients, builders, op-nodes, op-conductors: real HTTP servers that
speak the real JSON-RPC) and the operator in standalone mode, which runs one proxy per sequencer. Then: the leader's
builder is killed and comes back, leadership fails over, the emergency shut-off is pulled and released.

Usage: npm run demo -- [options]

  --forever          go on in a cycle until Ctrl-C
  --base-port PORT   engine port of the first proxy; its rpc and admin ports follow, the next proxy is 10 further (default 18551)
  -h, --help         print this

Exit codes: 0 when no block was missed and every act had its effect, 1 when not, 130 after Ctrl-C.
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2));
  if (options.kind !== "run") {
    (options.kind === "help" ? process.stdout : process.stderr).write(options.text);
    return options.kind === "help" ? 0 : EXIT_FAILED;
  }
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => stop.abort());
  // Its reader went away (demo | head): there is nobody to show anything to.
  process.stdout.on("error", () => stop.abort());
  const folder = await mkdtemp(join(tmpdir(), "rollup-boost-demo-"));
  try {
    return await demo({ ...options, folder, stop: stop.signal });
  } catch (error) {
    if (stop.signal.aborted) return EXIT_INTERRUPTED;
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return EXIT_FAILED;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Options =
  | { readonly kind: "run"; readonly basePort: number; readonly forever: boolean }
  | { readonly kind: "help" | "wrong"; readonly text: string };

function optionsOf(args: readonly string[]): Options {
  const wrong = (problem: string): Options => ({
    kind: "wrong",
    text: `${problem}\nRun with --help for all options.\n`,
  });
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        forever: { type: "boolean", default: false },
        "base-port": { type: "string", default: "18551" },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    if (values.help) return { kind: "help", text: HELP };
    const basePort = Number(values["base-port"]);
    return Number.isInteger(basePort) && basePort >= 1 && basePort <= BASE_PORT_MAX
      ? { kind: "run", basePort, forever: values.forever }
      : wrong(`--base-port: found "${values["base-port"]}", allowed: a whole number from 1 to ${BASE_PORT_MAX}`);
  } catch (error) {
    return wrong(error instanceof Error ? error.message : String(error));
  }
}

type DemoOptions = {
  readonly folder: string;
  readonly basePort: number;
  readonly forever: boolean;
  readonly stop: AbortSignal;
};

async function demo({ folder, basePort, forever, stop }: DemoOptions): Promise<number> {
  const startedAtMs = Date.now();
  const manifest = await copyManifest(MANIFEST, folder);
  const { sequencers } = manifest.cluster.spec;
  const taken = await takenPort(neededPorts(manifest.cluster, basePort));
  if (taken !== undefined) throw new Error(taken);

  await using devnet = await startDevnet(devnetOptions(manifest));
  const flags = ["standalone", "-f", manifest.file, "--secrets-dir", manifest.secretsDir, "--spawn"];
  const places = ["--state-dir", join(folder, "state"), "--base-port", String(basePort), "--exit-with-parent"];
  await using operator = new OperatorProcess([...flags, ...places], folder);
  const url = (port: number): string => `http://127.0.0.1:${port}`;
  const ports = new Map(sequencers.map(({ name }, index) => [name, proxyPorts(basePort, index)]));
  await using watch = new ProxyWatch(Object.fromEntries([...ports].map(([name, { admin }]) => [name, url(admin)])));
  using screen = openScreen(process.stdout);
  using stage = new Stage({ devnet, manifest, operator, watch, screen, stop });

  const { line, paint } = screen;
  line(paint("bold", `${sequencers.length} sequencers, each with a builder of its own, from one manifest`));
  line(`  manifest  ${manifest.file} ${paint("dim", `(a copy of ${relative(process.cwd(), MANIFEST)})`)}`);
  line(
    `  operator  operator/main.ts standalone --spawn -f …, process ${operator.pid}; its log and the proxies': ${operator.logFile}`,
  );
  line(`  look      curl -s ${url(basePort + 2)}/status  curl -s ${url(basePort + 2)}/metrics`);
  const acts: ActResult[] = [];
  try {
    await stage.waitFor("every proxy ready", READY_MS, () =>
      watch.proxies.every(({ status }) => status?.ready) ? true : undefined,
    );
    line(
      `  ready     ${sequencers.length} proxies, ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s after the start`,
    );
    for (const { name, opNode } of devnet.sequencers) opNode.useEngine(url(ports.get(name)?.engine ?? 0));
    await devnet.run();

    const say = (result: ActResult, text: string): void =>
      line(result.problem === undefined ? paint("green", `     ✓  ${text}`) : paint("red", `     ✗  ${text}`));
    acts.push(await playAct(firstAct, "act 1", stage, say));
    do {
      for (const [index, act] of cycle.entries()) acts.push(await playAct(act, `act ${index + 2}`, stage, say));
      acts.splice(0, acts.length - ACTS_KEPT);
    } while (forever);
    await devnet.leader().opNode.stopSequencing();
  } catch (error) {
    if (!stop.aborted) {
      line(paint("red", `${error instanceof Error ? error.message : String(error)}; the operator's last words:`));
      line(operator.lastWords());
      acts.push({ title: "the demo", problem: error instanceof Error ? error.message : String(error) });
    }
  }
  return conclude(stage, screen, acts, Date.now() - startedAtMs, stop.aborted);
}

function conclude(
  stage: Stage,
  { line, paint, panel }: Screen,
  acts: readonly ActResult[],
  tookMs: number,
  interrupted: boolean,
): number {
  const failures = stage.devnet.sequencers.flatMap(({ name, opNode }) =>
    opNode.failures.map(({ message }) => `${name}: ${message}`),
  );
  const summary = summarize(stage.blocks, acts, failures);
  panel([]);
  if (interrupted && summary.blocks === 0) return EXIT_INTERRUPTED;
  line();
  line(paint("bold", interrupted ? "summary so far" : "summary"));
  for (const text of summaryLines(summary, tookMs, acts)) line(text);
  if (interrupted) return EXIT_INTERRUPTED;
  for (const problem of summary.problems) line(paint("red", `  ✗ ${problem}`));
  return summary.problems.length > 0 ? EXIT_FAILED : 0;
}
