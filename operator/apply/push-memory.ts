import type { ProxyObserved } from "../plan/model.ts";
import { observedAfterPush, type PushOutcome } from "./config-push.ts";

const OUTCOMES_KEPT = 1_000;

/** A document that a proxy refused is offered again only now and then: its image has to change first. */
const REFUSED_AGAIN_MS = 10_000;

type Pushed = { readonly outcome: PushOutcome; readonly revision: number; readonly atMs: number };

/** What proxies answered to the last push, where they did not confirm it: the next plan and the status must know. */
export class PushMemory {
  readonly #monotonicMs: () => number;
  readonly #pushes = new Map<string, Pushed>();

  constructor(dependencies: { readonly monotonicMs: () => number }) {
    this.#monotonicMs = dependencies.monotonicMs;
  }

  /** False: the proxy refused this revision a moment ago. */
  isDue(proxy: ProxyObserved, revision: number): boolean {
    const last = this.#pushes.get(keyOf(proxy));
    const isRefused = last?.outcome.kind === "refused" && last.revision === revision;
    return !isRefused || this.#monotonicMs() - last.atMs >= REFUSED_AGAIN_MS;
  }

  remember(proxy: ProxyObserved, revision: number, outcome: PushOutcome): void {
    const key = keyOf(proxy);
    this.#pushes.delete(key);
    if (outcome.kind === "confirmed") return;
    this.#pushes.set(key, { outcome, revision, atMs: this.#monotonicMs() });
    const oldest = this.#pushes.size > OUTCOMES_KEPT ? this.#pushes.keys().next().value : undefined;
    if (oldest !== undefined) this.#pushes.delete(oldest);
  }

  /** What was observed, with the last push's outcome in it. */
  recall(proxy: ProxyObserved): ProxyObserved {
    const last = this.#pushes.get(keyOf(proxy));
    // It has come to run it in another way: from its own disk, or pushed by another operator.
    const isOver = last !== undefined && last.outcome.kind !== "outrun" && proxy.status?.revision === last.revision;
    return observedAfterPush(proxy, isOver ? undefined : last?.outcome);
  }
}

const keyOf = ({ name, adminUrl }: ProxyObserved): string => `${name} ${adminUrl}`;
