import { ProxyStatus } from "../../proxy/contract/status.ts";
import { blockBodies } from "./bodies.ts";
import { EngineCaller, freshTokens } from "./engine-caller.ts";
import { line } from "./line.ts";
import { oneBlock, quantile } from "./measure.ts";
import { type Subject, startMockUpstreams, startSubjects, TIMING } from "./processes.ts";

/** The row's name, for `--only`. */
export const HUNG_ROW = "hung builder";

/** rollup-boost waits its second for each call of a block to a hung builder: more blocks would take minutes. */
export const HUNG_BLOCKS_MAX = 30;

const PAYLOAD_BYTES = 100 * 1024;

/** What a subject adds while its builder takes calls and answers none; milliseconds. */
type HungFigures = {
  /** Added to an FCU with attributes, p50. */
  readonly withoutHung: number;
  readonly withHung: number;
  /** The longest getPayload. */
  readonly longest: number;
  /** Added to a getPayload, p50, once the proxy takes the builder as silent. */
  readonly onceSilent: number;
};

/** One block's FCU with attributes and getPayload, through a subject and at the execution client itself, in turn. */
type Pair = Readonly<Record<"forkchoice" | "getPayload", { readonly through: number; readonly direct: number }>>;

/** One run: blocks with a builder that answers, then it hangs for good, and blocks go on. */
export async function hungBuilder(
  blocks: { readonly warmUp: number; readonly measured: number },
  {
    dir,
    peer,
    progress,
  }: {
    readonly dir: string;
    readonly peer: string | undefined;
    readonly progress: (done: number, total: number) => void;
  },
): Promise<ReadonlyMap<string, HungFigures>> {
  await using upstreams = await startMockUpstreams({ payloadBytes: PAYLOAD_BYTES, builders: 1 });
  await using stack = new AsyncDisposableStack();
  const subjects = await startSubjects(upstreams, dir, peer);
  for (const subject of subjects.values()) stack.use(subject);
  const executionClient = stack.use(new EngineCaller(upstreams.executionClient));
  const token = freshTokens();
  const timesOf = (engine: EngineCaller, wanted: "builder" | "execution client") =>
    oneBlock(engine, token, (payloadId, call) => call(engine, blockBodies.getPayload(payloadId)), wanted);
  const pair = async (engine: EngineCaller, wanted: "builder" | "execution client"): Promise<Pair> => {
    const through = await timesOf(engine, wanted);
    const direct = await timesOf(executionClient, "execution client");
    return {
      forkchoice: { through: through["FCU with attributes"], direct: direct["FCU with attributes"] },
      getPayload: { through: through.getPayload, direct: direct.getPayload },
    };
  };

  const driven = [...subjects].map(([name, subject]) => ({
    name,
    subject,
    engine: stack.use(new EngineCaller(subject.engine)),
    before: [] as Pair[],
    hung: [] as Pair[],
    silent: [] as Pair[],
  }));
  const hungBlocks = Math.min(blocks.measured, HUNG_BLOCKS_MAX);
  const total = blocks.warmUp + blocks.measured + driven.length * hungBlocks;
  let done = blocks.warmUp + blocks.measured;
  for (let block = 0; block < blocks.warmUp + blocks.measured; block += 1) {
    for (const { engine, before } of driven) {
      const times = await pair(engine, "builder");
      if (block >= blocks.warmUp) before.push(times);
    }
    progress(block + 1, total);
  }
  await upstreams.hangBuilders();
  // One subject after the other: rollup-boost's waits would let the proxy and this process cool down between two blocks.
  for (const { engine, subject, hung, silent } of driven) {
    for (let block = 0; block < hungBlocks; block += 1) {
      const wasSilent = block > 0 && (await isSilent(subject));
      const times = await pair(engine, "execution client");
      hung.push(times);
      if (wasSilent) silent.push(times);
      done += 1;
      progress(done, total);
    }
  }
  return new Map(driven.map(({ name, ...pairs }) => [name, figuresOf(pairs)]));
}

function figuresOf(pairs: Readonly<Record<"before" | "hung" | "silent", readonly Pair[]>>): HungFigures {
  return {
    withoutHung: addedP50(pairs.before, "forkchoice"),
    withHung: addedP50(pairs.hung, "forkchoice"),
    longest: Math.max(...pairs.hung.map(({ getPayload }) => getPayload.through)),
    onceSilent: addedP50(pairs.silent, "getPayload"),
  };
}

const addedP50 = (pairs: readonly Pair[], call: keyof Pair): number =>
  p50(pairs.map((pair) => pair[call].through)) - p50(pairs.map((pair) => pair[call].direct));

const p50 = (samples: readonly number[]): number => quantile(samples, 0.5);

/** Whether the proxy has found its builder silent; rollup-boost has no such state, and waits for each block alike. */
async function isSilent({ admin }: Subject): Promise<boolean> {
  if (admin === undefined) return true;
  const { builders } = ProxyStatus.parse(await (await fetch(`${admin}/status`)).json());
  return builders.every(({ state }) => state === "silent");
}

/** The table's lines: of each figure the median of the runs. */
export function hungLines(runs: readonly ReadonlyMap<string, HungFigures>[]): readonly string[] {
  const median = (name: string, figure: keyof HungFigures): string =>
    p50(runs.map((run) => run.get(name)?.[figure] ?? Number.NaN)).toFixed(2);
  const names = [...(runs[0]?.keys() ?? [])];
  return [
    line([HUNG_ROW, "", "FCU with attributes, p50 added", "", "getPayload", ""]),
    line(["", "", "builder answers", "builder hung", "longest", "p50 added, silent"]),
    ...names.map((name, index) =>
      line([
        index === 0 ? `deadline ${TIMING.builderDeadlineMs} ms` : "",
        name,
        ...(["withoutHung", "withHung", "longest", "onceSilent"] as const).map((figure) => median(name, figure)),
      ]),
    ),
  ];
}
