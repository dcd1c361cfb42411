import { type BlockDecision, DECISIONS_SHOWN_MAX, type FallbackReason, type ProxyStatus } from "./contract/status.ts";

/** Who made the blocks of this process, and why it was not a builder. */
export class Ledger {
  readonly #last: BlockDecision[] = [];
  readonly #byFallbackReason: Partial<Record<FallbackReason, number>> = {};
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
    this.#last.push(decision);
    if (this.#last.length > DECISIONS_SHOWN_MAX) this.#last.shift();
  }

  /** The newest decisions, newest last. */
  get lastDecisions(): BlockDecision[] {
    return [...this.#last];
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
