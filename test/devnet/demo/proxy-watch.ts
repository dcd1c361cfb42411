import { setTimeout as sleep } from "node:timers/promises";
import { type BlockDecision, ProxyStatus } from "../../../proxy/contract/status.ts";

const POLL_MS = 100;
const STATUS_TIMEOUT_MS = 1_000;

/** A proxy and what it last said of itself. */
export type WatchedProxy = {
  readonly sequencer: string;
  readonly adminUrl: string;
  /** Undefined: did not answer. */
  readonly status: ProxyStatus | undefined;
};

/** Polls GET /status of every proxy until disposed. */
export class ProxyWatch implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #done: Promise<unknown>;
  #proxies: readonly WatchedProxy[];

  constructor(adminUrls: Readonly<Record<string, string>>) {
    this.#proxies = Object.entries(adminUrls).map(([sequencer, adminUrl]) => ({
      sequencer,
      adminUrl,
      status: undefined,
    }));
    this.#done = this.#poll();
  }

  get proxies(): readonly WatchedProxy[] {
    return this.#proxies;
  }

  /** Why the sequencer's proxy handed out what it did; the newest decision of that payload id. */
  decision(sequencer: string, payloadId: string): BlockDecision | undefined {
    return this.#proxies
      .find((proxy) => proxy.sequencer === sequencer)
      ?.status?.lastDecisions.findLast((decision) => decision.payloadId === payloadId);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #poll(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      this.#proxies = await Promise.all(
        this.#proxies.map(async (proxy) => ({ ...proxy, status: await statusOf(proxy.adminUrl) })),
      );
      await sleep(POLL_MS, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }
}

async function statusOf(adminUrl: string): Promise<ProxyStatus | undefined> {
  try {
    const response = await fetch(`${adminUrl}/status`, { signal: AbortSignal.timeout(STATUS_TIMEOUT_MS) });
    return ProxyStatus.safeParse(await response.json()).data;
  } catch {
    return undefined;
  }
}
