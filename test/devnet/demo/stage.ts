import type { RollupBoostCluster } from "../../../operator/api/cluster.ts";
import type { Devnet } from "../devnet.ts";
import { until } from "../until.ts";
import type { DemoManifest } from "./demo-manifest.ts";
import type { OperatorProcess } from "./operator-process.ts";
import type { ProxyWatch } from "./proxy-watch.ts";
import { blockHeading, blockLine, milliseconds, proxyLine } from "./rendering.ts";
import type { Screen } from "./screen.ts";
import { type ShownBlock, shownBlock } from "./shown-block.ts";

/** A run of days remembers its last hour of blocks. */
const BLOCKS_KEPT = 3_600;

/** How long a block waits for the proxy's word on it before it is shown without. */
const DECISION_WAIT_MS = 1_500;
const TICK_MS = 100;

/** A block per slot, plus this much, before the demo says that the chain stands still. */
const STALL_MS = 5_000;

export type StageParts = {
  readonly devnet: Devnet;
  readonly manifest: DemoManifest;
  readonly operator: OperatorProcess;
  readonly watch: ProxyWatch;
  readonly screen: Screen;
  readonly stop: AbortSignal;
};

/** What the acts play on: the simulated OP Stack behind the proxies, watched and shown block by block. */
export class Stage implements Disposable {
  readonly devnet: Devnet;
  readonly manifest: DemoManifest;
  readonly watch: ProxyWatch;
  readonly cluster: RollupBoostCluster;
  readonly #parts: StageParts;
  readonly #ticker: NodeJS.Timeout;
  readonly #startedAtMs = Date.now();
  #blocks: ShownBlock[] = [];
  #act = "";

  constructor(parts: StageParts) {
    this.#parts = parts;
    this.devnet = parts.devnet;
    this.manifest = parts.manifest;
    this.watch = parts.watch;
    this.cluster = parts.manifest.cluster;
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
  }

  get blocks(): readonly ShownBlock[] {
    return this.#blocks;
  }

  /** The name of the builder paired with a sequencer. */
  builderOf(sequencer: string): string {
    return this.cluster.spec.sequencers.find(({ name }) => name === sequencer)?.builder ?? "";
  }

  /** One line that says what happens now. */
  announce(act: string, title: string): void {
    const { line, paint } = this.#parts.screen;
    this.#act = act;
    line();
    line(`${paint("bold", paint("cyan", act))}  ${paint("bold", title)}`);
    line(blockHeading(paint));
  }

  /** The next blocks from now on, when they have been shown. Rejects when the chain stands still or the operator ends. */
  async nextBlocks(count: number): Promise<readonly ShownBlock[]> {
    const from = Math.max(0, ...this.devnet.sequencers.map(({ opNode }) => Number(opNode.unsafeHead?.number ?? 0n)));
    const { blockTimeMs } = this.cluster.spec.timing;
    return await this.waitFor(`${count} blocks after block ${from}`, count * blockTimeMs + STALL_MS, () => {
      const after = this.#blocks.filter(({ number }) => number > from);
      return after.length >= count ? after.slice(0, count) : undefined;
    });
  }

  /** Polls until there is an answer; rejects when the time is over, the operator ended, or the demo is stopped. */
  waitFor<T>(what: string, withinMs: number, read: () => T | undefined): Promise<T> {
    const { operator, stop } = this.#parts;
    const watched = (): T | undefined => {
      if (operator.end !== undefined) throw new Error(`the operator ended ${operator.end}`);
      return read();
    };
    return until(what, watched, withinMs, stop);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#ticker);
  }

  #tick(): void {
    const { screen } = this.#parts;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#blocks.push(next);
      if (this.#blocks.length > BLOCKS_KEPT) this.#blocks.shift();
      screen.line(blockLine(next, screen.paint));
    }
    screen.panel(this.#panel());
  }

  /** The block after the last one shown, when the leader's proxy has said why. */
  #next(): ShownBlock | undefined {
    const number = (this.#blocks.at(-1)?.number ?? 0) + 1;
    const block = this.devnet.sequencers
      .flatMap(({ opNode }) => opNode.blocks)
      .find((candidate) => candidate.number === number);
    if (block === undefined) return undefined;
    const decision = this.watch.decision(block.sequencer, block.payloadId);
    if (decision === undefined && Date.now() - block.insertedAtMs < DECISION_WAIT_MS) return undefined;
    const { builders, timing } = this.cluster.spec;
    return shownBlock(
      block,
      decision,
      builders.map(({ name }) => name),
      timing.blockTimeMs,
    );
  }

  #panel(): readonly string[] {
    const { paint } = this.#parts.screen;
    const built = this.#blocks.filter(({ source }) => source === "builder").length;
    const missed = this.#blocks.filter((block) => block.missed).length;
    const slowestMs = Math.max(0, ...this.#blocks.map((block) => block.getPayloadMs));
    return [
      "",
      ...this.watch.proxies.map((proxy) => proxyLine(proxy, this.devnet.raft.leader, paint)),
      paint(
        "dim",
        `  ${this.#act}, ${Math.round((Date.now() - this.#startedAtMs) / 1000)} s: ${this.#blocks.length} blocks, ${built} from builders, ` +
          `${missed} missed, getPayload at most ${milliseconds(slowestMs)}`,
      ),
    ];
  }
}
