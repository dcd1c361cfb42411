import { milliseconds } from "./rendering.ts";
import type { ShownBlock } from "./shown-block.ts";
import type { Stage } from "./stage.ts";
import type { ActResult } from "./summary.ts";

/** One thing that happens to the cluster, and what its blocks must be like afterwards. */
type Act = {
  readonly title: (stage: Stage) => string;
  /** Resolves with what there is to say about how it went. */
  readonly perform: (stage: Stage) => Promise<string | undefined>;
  /** Of so many blocks after it … */
  readonly blocks: number;
  /** … all but the first few … */
  readonly settlingBlocks: number;
  /** … and so many, as a busy machine makes even a good builder late … */
  readonly exceptionsMax: number;
  /** … must be like this. */
  readonly expected: (stage: Stage) => { readonly text: string; readonly holds: (block: ShownBlock) => boolean };
};

/** How long the emergency shut-off may take from the edit of the manifest to the last proxy. */
const SHUT_OFF_MS = 3_000;

const fromLeadersBuilder: Act["expected"] = (stage) => {
  const leader = stage.devnet.leader().name;
  const builder = stage.builderOf(leader);
  return {
    text: `led by ${leader}, built by ${builder}`,
    holds: (block) => block.sequencer === leader && block.builder === builder,
  };
};

const fromExecutionClient =
  (reasons: readonly string[]): Act["expected"] =>
  (stage) => {
    const leader = stage.devnet.leader().name;
    return {
      text: `built by the execution client of ${leader} (${reasons.join(" or ")})`,
      holds: ({ sequencer, source, fallbackReason }) =>
        sequencer === leader && source === "execution_client" && reasons.includes(fallbackReason ?? ""),
    };
  };

const opening: Act = {
  title: (stage) => `${stage.devnet.leader().name} leads, its builder builds`,
  perform: async () => undefined,
  blocks: 5,
  settlingBlocks: 2,
  exceptionsMax: 1,
  expected: fromLeadersBuilder,
};

const kill: Act = {
  title: (stage) =>
    `the leader's builder, ${stage.builderOf(stage.devnet.leader().name)}, is killed: blocks go on from the execution client`,
  perform: async (stage) => {
    await stage.devnet.builder(stage.builderOf(stage.devnet.leader().name)).stop();
    return undefined;
  },
  blocks: 6,
  settlingBlocks: 1,
  exceptionsMax: 0,
  expected: fromExecutionClient(["builder_unreachable", "builder_late", "slot_passed"]),
};

const revive: Act = {
  title: (stage) => `${stage.builderOf(stage.devnet.leader().name)} is back: it catches up and builds again`,
  perform: async (stage) => {
    await stage.devnet.builder(stage.builderOf(stage.devnet.leader().name)).start();
    return undefined;
  },
  blocks: 6,
  settlingBlocks: 3,
  exceptionsMax: 1,
  expected: fromLeadersBuilder,
};

const failOver: Act = {
  title: (stage) =>
    `op-conductor fails over from ${stage.devnet.leader().name} to ${nextLeader(stage)}: its proxy and its builder take over`,
  perform: async (stage) => {
    await stage.devnet.transferLeader(nextLeader(stage));
    return undefined;
  },
  blocks: 6,
  settlingBlocks: 2,
  exceptionsMax: 1,
  expected: fromLeadersBuilder,
};

const shutOff: Act = {
  title: () => "the emergency shut-off: executionMode: disabled is written into the manifest",
  perform: (stage) => switchTo(stage, "disabled"),
  blocks: 6,
  settlingBlocks: 1,
  exceptionsMax: 0,
  expected: fromExecutionClient(["disabled", "slot_passed"]),
};

const release: Act = {
  title: () => "the shut-off is released: executionMode: enabled",
  perform: (stage) => switchTo(stage, "enabled"),
  blocks: 6,
  settlingBlocks: 3,
  exceptionsMax: 1,
  expected: fromLeadersBuilder,
};

/** The acts of a run; with `--forever` all but the first come again. */
export const firstAct = opening;
export const cycle: readonly Act[] = [kill, revive, failOver, shutOff, release];

/** Performs an act, shows its blocks and says what came of it. Rejects when the chain stands still. */
export async function playAct(
  act: Act,
  label: string,
  stage: Stage,
  say: (result: ActResult, text: string) => void,
): Promise<ActResult> {
  const title = act.title(stage);
  stage.announce(label, title);
  const note = await act.perform(stage);
  const { text, holds } = act.expected(stage);
  const blocks = await stage.nextBlocks(act.blocks);
  const first = Math.max(0, blocks.findIndex(holds));
  const exceptions = blocks.slice(act.settlingBlocks).filter((block) => !holds(block));
  const missed = blocks.filter((block) => block.missed).length;
  const problem =
    exceptions.length > act.exceptionsMax
      ? `expected blocks ${text}; not so: ${exceptions.map(({ number }) => number).join(", ")}`
      : missed > 0
        ? `${missed} of ${blocks.length} blocks missed their slot`
        : undefined;
  const result = { title: label, problem };
  const good = `from block ${blocks[first]?.number} on: ${described(blocks.filter(holds))}; none missed`;
  say(result, problem ?? (note === undefined ? good : `${good}; ${note}`));
  return result;
}

/** Who led and built these blocks, and why no builder did. */
function described(blocks: readonly ShownBlock[]): string {
  const reasons = [...new Set(blocks.flatMap(({ fallbackReason }) => fallbackReason ?? []))].join(", ");
  const last = blocks.at(-1);
  const by = last?.builder ?? `its execution client (${reasons})`;
  return `led by ${last?.sequencer}, built by ${by}`;
}

async function switchTo(stage: Stage, mode: "enabled" | "disabled"): Promise<string> {
  const startedMs = performance.now();
  await stage.manifest.setExecutionMode(mode);
  await stage.waitFor(`executionMode ${mode} in every proxy's status`, SHUT_OFF_MS, () =>
    stage.watch.proxies.every(({ status }) => status?.executionMode === mode) ? true : undefined,
  );
  return `in every proxy ${milliseconds(performance.now() - startedMs)} after the edit`;
}

function nextLeader(stage: Stage): string {
  const names = stage.devnet.sequencers.map(({ name }) => name);
  const next = names[(names.indexOf(stage.devnet.leader().name) + 1) % names.length];
  if (next === undefined) throw new Error("the devnet has no sequencers");
  return next;
}
