import { type BlockDecision, DECISIONS_SHOWN_MAX, type FallbackReason, type ProxyStatus } from "./contract/status.ts";

/** Half an hour of 2-second blocks, and what they may take: one of sixteen builders with long words has some 5 KiB. */
const DECISIONS_KEPT_MAX = 1_024;
const BYTES_KEPT_MAX = 4 * 1024 * 1024;

/** `/status` is read every second. */
const BYTES_SHOWN_MAX = 256 * 1024;

type Kept = { readonly decision: BlockDecision; readonly bytes: number };

/** Who made the blocks of this process, and why it was not a builder. Bounded in count and in bytes of JSON. */
export class Ledger {
  readonly #kept: Kept[] = [];
  readonly #byFallbackReason: Partial<Record<FallbackReason, number>> = {};
  #bytes = 0;
  #builder = 0;
  #executionClient = 0;
  #unanswered = 0;

  /** Notes one answered getPayload. */
  record(decision: BlockDecision): void {
    if (!decision.answered) this.#unanswered += 1;
    else if (decision.source === "builder") this.#builder += 1;
    else this.#executionClient += 1;
    const reason = decision.fallbackReason;
    if (reason !== undefined) this.#byFallbackReason[reason] = (this.#byFallbackReason[reason] ?? 0) + 1;
    const bytes = Buffer.byteLength(JSON.stringify(decision));
    this.#kept.push({ decision, bytes });
    this.#bytes += bytes;
    while (this.#kept.length > DECISIONS_KEPT_MAX || this.#bytes > BYTES_KEPT_MAX) {
      this.#bytes -= this.#kept.shift()?.bytes ?? 0;
    }
  }

  /**
   * What was decided on a block, oldest first: more than once where op-node asked again with other attributes. `block`: its
   * number, decimal or hex, or its hash.
   */
  decisionsOf(block: string): readonly BlockDecision[] {
    const isHash = /^0x[0-9a-f]{64}$/i.test(block);
    const number = /^(0x[0-9a-f]{1,16}|\d{1,16})$/i.test(block) ? Number(block) : undefined;
    const hash = block.toLowerCase();
    return this.decisions.filter((decision) =>
      isHash ? decision.blockHash === hash : number !== undefined && decision.blockNumber === number,
    );
  }

  /** All that is kept, newest last. */
  get decisions(): readonly BlockDecision[] {
    return this.#kept.map(({ decision }) => decision);
  }

  /** The newest decisions, newest last: what `/status` shows. */
  get lastDecisions(): BlockDecision[] {
    const newest = this.#kept.slice(-DECISIONS_SHOWN_MAX);
    let bytes = 0;
    const from = newest.findLastIndex((kept) => {
      bytes += kept.bytes;
      return bytes > BYTES_SHOWN_MAX;
    });
    return newest.slice(from + 1).map(({ decision }) => decision);
  }

  /** Counts since the process began. */
  get blocks(): ProxyStatus["blocks"] {
    return {
      builder: this.#builder,
      executionClient: this.#executionClient,
      unanswered: this.#unanswered,
      byFallbackReason: { ...this.#byFallbackReason },
    };
  }
}
