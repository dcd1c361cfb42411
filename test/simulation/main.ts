import { parseArgs } from "node:util";
import { brokenBy } from "./invariants/all.ts";
import { replayCommand, traceOf } from "./replay.ts";
import { simulate } from "./simulate.ts";

const HELP = `Runs the proxy's core in simulated worlds: virtual time, scripted upstreams, faults by the seed. One
world in three has balancers before its builders. After each run every rule of the design is looked at; the first run that breaks one ends it with exit code 1 and the command that replays it.

Usage: npm run simulate -- [--runs N] [--seed S] [--trace] [--keep-going]

  --runs N       how many worlds, one seed each   (default 10000)
  --seed S       the first seed; the next are S+1, S+2, … (default 1)
  --trace        print all that happens in each run; for one run
  --keep-going   do not end at the first broken rule: count them
  -h, --help     print this
`;

/** How often it says how far it is. */
const PROGRESS_EVERY = 1_000;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    trace: { type: "boolean", default: false },
    "keep-going": { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

if (values.help) print(HELP.trimEnd());
else process.exitCode = await main(wholeNumber("--runs", values.runs), wholeNumber("--seed", values.seed));

async function main(runs: number, seed: number): Promise<number> {
  const brokenRules = new Map<string, number>();
  const startedMs = performance.now();
  for (let done = 0; done < runs; done += 1) {
    const run = await simulate(seed + done);
    if (values.trace) for (const line of traceOf(run.journal)) print(line);
    const broken = brokenBy(run);
    for (const { clause, rule, how } of broken) {
      const times = (brokenRules.get(rule) ?? 0) + 1;
      brokenRules.set(rule, times);
      if (times === 1) print(`broken: ${clause}: ${rule}\n  ${how}\n  replay: ${replayCommand(run.seed)}`);
    }
    if (broken.length > 0 && !values["keep-going"]) return 1;
    if ((done + 1) % PROGRESS_EVERY === 0) print(`${done + 1} runs, ${seconds(startedMs)} s`);
  }
  for (const [rule, times] of brokenRules) print(`${times} runs broke: ${rule}`);
  if (brokenRules.size === 0) print(`${runs} runs from seed ${seed} in ${seconds(startedMs)} s: every rule held`);
  return brokenRules.size === 0 ? 0 : 1;
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  process.stderr.write(`${name}: ${JSON.stringify(text)} is not a whole number\n`);
  process.exit(2);
}

function seconds(startedMs: number): string {
  return ((performance.now() - startedMs) / 1_000).toFixed(1);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
