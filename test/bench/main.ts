import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { parseArgs } from "node:util";
import { healthLatency } from "./health-latency.ts";
import { HUNG_BLOCKS_MAX, HUNG_ROW, hungBuilder, hungLines } from "./hung-builder.ts";
import { line } from "./line.ts";
import { CALLS, type Driven, measure, quantile, type Samples } from "./measure.ts";
import { type Subject, startMockUpstreams, startProxyProcess, startSubjects } from "./processes.ts";
import { soak } from "./soak.ts";

const HELP = `Measures what the proxy adds to each call, against the same upstream calls made directly, interleaved in one run; where
rollup-boost is found, it is driven in turn by the same calls and the proxy's figures are given as a ratio to its.

  --blocks N       blocks measured for each row                       (default 500)
  --warm-up N      blocks before that                                 (default 500)
  --runs N         runs of each row; the median of each figure counts (default 3)
  --only TEXT      only the rows whose name holds this text; "${HUNG_ROW}" is the last one: an FCU with attributes and a
                   getPayload before and after the builder takes calls and answers none (at most ${HUNG_BLOCKS_MAX} blocks of
                   each, as rollup-boost waits its second for each call)
  --soak N         instead: N blocks of 100 KiB, and what memory and event loop are like (N 100000: 20 minutes)
  --peer FILE      rollup-boost; default: the one on the PATH, or in ~/.cache/rollup-boost-operator/bin
                   (cargo install rollup-boost --version 0.7.13 --locked)
  -h, --help       print this
`;

type Row = { readonly name: string; readonly payloadBytes: number; readonly builders: number };

const KIB = 1024;
const ROWS: readonly Row[] = [
  { name: "11 KiB", payloadBytes: 11 * KIB, builders: 1 },
  { name: "100 KiB", payloadBytes: 100 * KIB, builders: 1 },
  { name: "2 MiB", payloadBytes: 2 * KIB * KIB, builders: 1 },
  { name: "100 KiB, 5 builders", payloadBytes: 100 * KIB, builders: 5 },
  { name: "2 MiB, 5 builders", payloadBytes: 2 * KIB * KIB, builders: 5 },
];

/** Payloads of the load under which health is asked. */
const HEALTH_LOAD_BYTES = 100 * 1024;

/** Starts of the proxy that are timed. */
const COLD_STARTS = 5;

/** Linux counts a process's CPU time in hundredths of a second. */
const TICKS_A_SECOND = 100;

const { values } = parseArgs({
  options: {
    blocks: { type: "string", default: "500" },
    "warm-up": { type: "string", default: "500" },
    runs: { type: "string", default: "3" },
    soak: { type: "string" },
    only: { type: "string", default: "" },
    peer: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else if (values.soak !== undefined) await longRun(Number(values.soak));
else await bench();

async function bench(): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "rollup-boost-bench-"));
  const peer = values.peer ?? (await onPath("rollup-boost"));
  const blocks = { measured: Number(values.blocks), warmUp: Number(values["warm-up"]) };
  try {
    print(
      `added to the direct calls, ms: p50 / p99; medians of ${values.runs} runs of ${blocks.measured} blocks; ${
        peer === undefined ? "rollup-boost is not on the PATH: no ratios" : "ratio: proxy to rollup-boost"
      }`,
    );
    print(line(["", "", ...CALLS, "CPU ms a block"]));
    for (const row of ROWS.filter(({ name }) => name.includes(values.only))) {
      const runs: Figures[] = [];
      for (let run = 0; run < Number(values.runs); run += 1) {
        runs.push(await oneRun(row, blocks, { dir: join(dir, `${row.name}-${run}`), peer }));
      }
      for (const text of rowLines(row, runs)) print(text);
    }
    if (HUNG_ROW.includes(values.only)) {
      const runs: Awaited<ReturnType<typeof hungBuilder>>[] = [];
      for (let run = 0; run < Number(values.runs); run += 1) {
        const progress = (done: number, total: number): void => showProgress(HUNG_ROW, done, total);
        runs.push(await hungBuilder(blocks, { dir: join(dir, `hung-${run}`), peer, progress }));
      }
      for (const text of hungLines(runs)) print(text);
    }
    print(`/healthz under load, ms, p50 / p99 / longest: ${await healthUnderLoad(dir)}`);
    print(`cold start, ms until /livez answers: ${await coldStarts(dir)}`);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

async function longRun(blocks: number): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), "rollup-boost-bench-"));
  try {
    const { rssMiB, eventLoopDelayP99Ms } = await soak(blocks, dir, (done) => showProgress("soak", done, blocks));
    print(`RSS, MiB, after the warm-up and then in even steps: ${rssMiB.map(Math.round).join(" ")}`);
    print(`event-loop delay, p99: ${eventLoopDelayP99Ms.toFixed(2)} ms`);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Added milliseconds by subject and call, and CPU milliseconds a block. */
type Figures = ReadonlyMap<
  string,
  { readonly p50: readonly number[]; readonly p99: readonly number[]; readonly cpu: number }
>;

async function oneRun(
  row: Row,
  blocks: { readonly measured: number; readonly warmUp: number },
  { dir, peer }: { readonly dir: string; readonly peer: string | undefined },
): Promise<Figures> {
  await using upstreams = await startMockUpstreams(row);
  await using running = new AsyncDisposableStack();
  const subjects = await startSubjects(upstreams, dir, peer);
  for (const subject of subjects.values()) running.use(subject);
  let before = new Map<string, number>();
  const total = blocks.measured + blocks.warmUp;
  const driven = await measure(upstreams, new Map([...subjects].map(([name, { engine }]) => [name, engine])), blocks, {
    warm: async () => {
      before = new Map(await cpuOf(subjects));
    },
    progress: (done) => showProgress(row.name, done, total),
  });
  const after = await cpuOf(subjects);
  return new Map(
    [...subjects.keys()].map((name) => [
      name,
      { ...added(driven, name), cpu: ((after.get(name) ?? 0) - (before.get(name) ?? 0)) / blocks.measured },
    ]),
  );
}

function added({ direct, subjects }: Driven, name: string) {
  const samples = subjects.get(name);
  const at = (share: number): readonly number[] =>
    samples === undefined ? [] : CALLS.map((call) => difference(samples, direct, call, share));
  return { p50: at(0.5), p99: at(0.99) };
}

function difference(samples: Samples, direct: Samples, call: (typeof CALLS)[number], share: number): number {
  return quantile(samples[call], share) - quantile(direct[call], share);
}

/** Milliseconds of CPU each subject has used. Only Linux tells. */
async function cpuOf(subjects: ReadonlyMap<string, Subject>): Promise<ReadonlyMap<string, number>> {
  const entries = [...subjects].map(async ([name, { child }]) => {
    const stat = await readFile(`/proc/${child.pid}/stat`, "utf8").catch(() => "");
    const [user, system] = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .slice(11, 13)
      .map(Number);
    return [name, (((user ?? Number.NaN) + (system ?? Number.NaN)) * 1000) / TICKS_A_SECOND] as const;
  });
  return new Map(await Promise.all(entries));
}

function rowLines(row: Row, runs: readonly Figures[]): readonly string[] {
  const median = (name: string, of: (figures: NonNullable<ReturnType<Figures["get"]>>) => number): number =>
    quantile(
      runs.map((figures) => (figures.has(name) ? of(required(figures.get(name))) : Number.NaN)),
      0.5,
    );
  const names = [...(runs[0]?.keys() ?? [])];
  const cells = (name: string): readonly string[] => [
    ...CALLS.map((_, call) =>
      [median(name, (f) => f.p50[call] ?? Number.NaN), median(name, (f) => f.p99[call] ?? Number.NaN)]
        .map((ms) => ms.toFixed(2))
        .join(" / "),
    ),
    median(name, ({ cpu }) => cpu).toFixed(1),
  ];
  const ratio = (of: (figures: NonNullable<ReturnType<Figures["get"]>>) => number): string =>
    (median("proxy", of) / median("rollup-boost", of)).toFixed(2);
  const ratios = [
    ...CALLS.map(
      (_, call) => `${ratio((f) => f.p50[call] ?? Number.NaN)} / ${ratio((f) => f.p99[call] ?? Number.NaN)}`,
    ),
    ratio(({ cpu }) => cpu),
  ];
  return [
    ...names.map((name, index) => line([index === 0 ? row.name : "", name, ...cells(name)])),
    ...(names.includes("rollup-boost") ? [line(["", "ratio", ...ratios])] : []),
  ];
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("a run lacks a subject");
  return value;
}

async function healthUnderLoad(dir: string): Promise<string> {
  await using upstreams = await startMockUpstreams({ payloadBytes: HEALTH_LOAD_BYTES, builders: 1 });
  await using proxy = await startProxyProcess(upstreams, join(dir, "health"));
  return await healthLatency(proxy);
}

async function coldStarts(dir: string): Promise<string> {
  await using upstreams = await startMockUpstreams({ payloadBytes: KIB, builders: 1 });
  const times: number[] = [];
  for (let start = 0; start < COLD_STARTS; start += 1) {
    await using proxy = await startProxyProcess(upstreams, join(dir, `start-${start}`));
    times.push(proxy.coldStartMs);
  }
  return `median ${Math.round(quantile(times, 0.5))}, longest ${Math.round(Math.max(...times))}`;
}

async function onPath(program: string): Promise<string | undefined> {
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "rollup-boost-operator", "bin");
  for (const folder of [...(process.env.PATH ?? "").split(delimiter), cache]) {
    const file = join(folder, program);
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  return undefined;
}

function showProgress(name: string, done: number, total: number): void {
  if (!process.stderr.isTTY || (done % 25 !== 0 && done !== total)) return;
  process.stderr.write(done === total ? "\r\x1b[K" : `\r${name}: block ${done} of ${total}`);
}

function print(text: string): void {
  process.stdout.write(`${text.trimEnd()}\n`);
}
