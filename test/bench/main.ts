import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ProxyStatus } from "../../proxy/contract/status.ts";
import { CALLS, measure, quantile, type Samples } from "./measure.ts";
import { startMockUpstreams, startProxyProcess } from "./processes.ts";

const HELP = `Measures what the proxy adds to each call, against the same upstream calls made directly, interleaved in one run.

  --blocks N     blocks measured for each payload size   (default 300)
  --warm-up N    blocks before that                      (default 200)
  -h, --help     print this
`;

const SIZES = [
  { name: "10 KiB", bytes: 10 * 1024 },
  { name: "100 KiB", bytes: 100 * 1024 },
  { name: "2 MiB", bytes: 2 * 1024 * 1024 },
] as const;

/** Starts of the proxy that are timed. */
const COLD_STARTS = 5;

const { values } = parseArgs({
  options: {
    blocks: { type: "string", default: "300" },
    "warm-up": { type: "string", default: "200" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else await bench({ measured: Number(values.blocks), warmUp: Number(values["warm-up"]) });

async function bench(blocks: { readonly measured: number; readonly warmUp: number }): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "rollup-boost-bench-"));
  try {
    print(
      `added by the proxy, ms: p50 / p99, and p50 as a ratio to the direct calls (${blocks.measured} blocks, one builder)`,
    );
    print(["payload", ...CALLS, "CPU ms a block"].map((title) => title.padEnd(24)).join(""));
    for (const size of SIZES) print(await row(size, blocks, join(dir, size.name.replace(" ", ""))));
    print(`cold start, ms until /livez answers: ${await coldStarts(dir)}`);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function row(
  size: (typeof SIZES)[number],
  blocks: { readonly measured: number; readonly warmUp: number },
  dir: string,
): Promise<string> {
  await using upstreams = await startMockUpstreams(size.bytes);
  await using proxy = await startProxyProcess(upstreams, dir);
  const cpuBefore = await cpuSeconds(proxy.admin);
  const total = blocks.measured + blocks.warmUp;
  const samples = await measure({ ...upstreams, proxy: proxy.engine }, blocks, (done) =>
    showProgress(size.name, done, total),
  );
  const cpuAfter = await cpuSeconds(proxy.admin);
  const { blocks: handedOut } = ProxyStatus.parse(await (await fetch(`${proxy.admin}/status`)).json());
  if (handedOut.builder !== total) {
    throw new Error(`only ${handedOut.builder} of ${total} blocks came from the builder: ${JSON.stringify(handedOut)}`);
  }
  const cpu = (((cpuAfter - cpuBefore) * 1000) / total).toFixed(2);
  return [size.name, ...CALLS.map((call) => cell(samples.proxy, samples.direct, call)), cpu]
    .map((text) => text.padEnd(24))
    .join("");
}

function cell(proxy: Samples, direct: Samples, call: (typeof CALLS)[number]): string {
  const added = (share: number): number => quantile(proxy[call], share) - quantile(direct[call], share);
  const ratio = quantile(proxy[call], 0.5) / quantile(direct[call], 0.5);
  return `${added(0.5).toFixed(2)} / ${added(0.99).toFixed(2)} (${ratio.toFixed(1)}x)`;
}

async function cpuSeconds(admin: string): Promise<number> {
  const metrics = await (await fetch(`${admin}/metrics`)).text();
  return Number(/^process_cpu_seconds_total (\S+)$/m.exec(metrics)?.[1] ?? Number.NaN);
}

async function coldStarts(dir: string): Promise<string> {
  await using upstreams = await startMockUpstreams(1024);
  const times: number[] = [];
  for (let start = 0; start < COLD_STARTS; start += 1) {
    await using proxy = await startProxyProcess(upstreams, join(dir, `start-${start}`));
    times.push(proxy.coldStartMs);
  }
  return `median ${Math.round(quantile(times, 0.5))}, longest ${Math.round(Math.max(...times))}`;
}

function showProgress(name: string, done: number, total: number): void {
  if (!process.stderr.isTTY || (done % 25 !== 0 && done !== total)) return;
  process.stderr.write(done === total ? "\r\x1b[K" : `\r${name}: block ${done} of ${total}`);
}

function print(line: string): void {
  process.stdout.write(`${line.trimEnd()}\n`);
}
