import type { ProxyObserved } from "../plan/model.ts";
import { observedAfterPush, type PushOutcome } from "./config-push.ts";

const OUTCOMES_KEPT = 1_000;

/** What proxies answered to the last push, where they did not confirm it: the next plan and the status must know. */
export class PushMemory {
  readonly #outcomes = new Map<string, PushOutcome>();

  remember(proxy: ProxyObserved, outcome: PushOutcome): void {
    const key = keyOf(proxy);
    this.#outcomes.delete(key);
    if (outcome.kind === "confirmed") return;
    this.#outcomes.set(key, outcome);
    const oldest = this.#outcomes.size > OUTCOMES_KEPT ? this.#outcomes.keys().next().value : undefined;
    if (oldest !== undefined) this.#outcomes.delete(oldest);
  }

  /** What was observed, with the last push's outcome in it. */
  recall(proxy: ProxyObserved): ProxyObserved {
    return observedAfterPush(proxy, this.#outcomes.get(keyOf(proxy)));
  }
}

const keyOf = ({ name, adminUrl }: ProxyObserved): string => `${name} ${adminUrl}`;
