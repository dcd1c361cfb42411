import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bench } from "./bench.ts";
import { Progress } from "./progress.ts";
import { resultTable } from "./result-table.ts";

const HELP = `Measures the operator, as a process of its own, on a real kube-apiserver with its controllers: clusters of 3 sequencers
and 5 builders, whose proxies and op-conductors are simulated over real HTTP in the bench's process. Linux only.

  --clusters N        clusters                                              (default 500)
  --conducted N       how many of them get op-conductors for the last part  (default 100)
  --changes N         builder changes, timed one after the other            (default 300)
  --quiet-seconds N   how long each quiet state is measured                 (default 60)
  --node-args=TEXT    arguments for the operator's node, e.g. --node-args="--cpu-prof --cpu-prof-dir=/tmp"
  --log FILE          keeps the operator's log
  -h, --help          print this

--clusters 20 --conducted 5 --quiet-seconds 15 takes about a minute.
`;

const { values } = parseArgs({
  options: {
    clusters: { type: "string", default: "500" },
    conducted: { type: "string", default: "100" },
    changes: { type: "string", default: "300" },
    "quiet-seconds": { type: "string", default: "60" },
    "node-args": { type: "string", default: "" },
    log: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) process.stdout.write(HELP);
else await main();

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "rollup-boost-operator-bench-"));
  const progress = new Progress();
  try {
    const clusters = Number(values.clusters);
    const rows = await bench(
      {
        clusters,
        conducted: Math.min(clusters, Number(values.conducted)),
        changes: Number(values.changes),
        quietSeconds: Number(values["quiet-seconds"]),
        nodeArguments: values["node-args"].split(" ").filter((text) => text !== ""),
        logFile: values.log ?? join(folder, "operator.log"),
      },
      progress,
    );
    progress.end();
    process.stdout.write(resultTable(rows));
  } finally {
    progress.end();
    await rm(folder, { recursive: true, force: true });
  }
}
