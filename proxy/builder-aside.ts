import { byDeadline, type Clock, type Deadline } from "./clock.ts";
import type { FallbackReason } from "./contract/status.ts";
import type { DaLimit } from "./da-limit.ts";
import { RPC_CODE, viewAnswer } from "./engine-api/json-rpc.ts";
import type { Upstream, UpstreamAnswer } from "./engine-api/upstream-client.ts";

/** Calls under way to a builder beside its lane, on connections of their own: a flood of them delays no job. */
export const ASIDE_CONNECTIONS_MAX = 4;

/** What a builder answers here is read for success only. */
export const ASIDE_ANSWER_BYTES_MAX = 64 * 1024;

/** Then a transaction or limit has not reached the builder; it is not repeated, as newer ones follow. */
const TELL_TIMEOUT_MS = 2_000;
const REPLAY_TIMEOUT_MS = 1_000;

/** Why a builder must not win yet. */
export type NotCaughtUp = { readonly reason: FallbackReason; readonly detail: string };

/**
 * What a builder hears beside its ordered lane: transactions and `miner_*`, not awaited by whoever sent them. Those that
 * wait for a connection are bounded by the client's gate, in number and bytes. A builder that was away is sent the newest
 * data availability limit, and must not win before it has taken it.
 */
export class BuilderAside {
  readonly #client: Upstream;
  readonly #clock: Clock;
  readonly #daLimit: DaLimit;
  #isCaughtUp: boolean;
  #catchingUp: Promise<void> | undefined;
  #failure: NotCaughtUp | undefined;

  constructor({ client, clock, daLimit }: { client: Upstream; clock: Clock; daLimit: DaLimit }) {
    this.#client = client;
    this.#clock = clock;
    this.#daLimit = daLimit;
    this.#isCaughtUp = daLimit.current() === undefined;
  }

  /** Sends a call or batch. Resolves when it was answered or given up; never rejects. */
  tell(body: Buffer, call: { readonly setsDaLimit: boolean; readonly isWanted: () => boolean }): Promise<void> {
    const deadline = { atMs: this.#clock.monotonicMs() + TELL_TIMEOUT_MS };
    const told = this.#client
      .call({ body, deadline, repeatable: true, isWanted: call.isWanted })
      .then((answer) => (call.setsDaLimit ? this.#told(answer) : undefined));
    if (call.setsDaLimit && !this.#isCaughtUp) this.#catchingUp = told;
    return told;
  }

  /** The builder gave no answer: whatever it was told before may be lost. */
  wasAway(): void {
    this.#isCaughtUp = false;
  }

  /** Sends the newest limit if the builder may lack it. To be called when a job starts; costs the job no time. */
  catchUp(): void {
    if (this.#isCaughtUp || this.#catchingUp !== undefined) return;
    const body = this.#daLimit.current();
    this.#isCaughtUp = body === undefined;
    if (body === undefined) return;
    const deadline = { atMs: this.#clock.monotonicMs() + REPLAY_TIMEOUT_MS };
    this.#catchingUp = this.#client.call({ body, deadline, repeatable: true }).then((answer) => this.#note(answer));
  }

  /**
   * Why the builder must not win; undefined where it may. A limit on its way is waited for by the deadline; none is sent
   * here, as the emergency shut-off may have been pulled since the job started.
   */
  async notCaughtUp(deadline: Deadline): Promise<NotCaughtUp | undefined> {
    if (this.#daLimit.current() === undefined) return undefined;
    if (!this.#isCaughtUp && this.#catchingUp !== undefined) {
      await byDeadline(this.#clock, deadline, this.#catchingUp, undefined);
    }
    return this.#isCaughtUp ? undefined : (this.#failure ?? LATE);
  }

  /** Ends its connections. */
  close(): Promise<void> {
    return this.#client.close();
  }

  /** Only a builder that never got it owes it again: what one refuses that was never away is its own business. */
  #told(answer: UpstreamAnswer): void {
    if (!this.#isCaughtUp || answer.kind !== "answered") this.#note(answer);
  }

  #note(answer: UpstreamAnswer): void {
    this.#catchingUp = undefined;
    this.#failure = failureOf(answer);
    this.#isCaughtUp = this.#failure === undefined;
  }
}

const LATE: NotCaughtUp = { reason: "builder_late", detail: "the data availability limit is not confirmed" };

/** A builder without the method takes no limits at all: there is nothing it could have lost. */
function failureOf(answer: UpstreamAnswer): NotCaughtUp | undefined {
  if (answer.kind === "late") return LATE;
  if (answer.kind === "unreachable") return { reason: "builder_unreachable", detail: answer.detail };
  if (answer.status !== 200) return refused(`HTTP ${answer.status}`);
  const rpc = viewAnswer(answer.body);
  return rpc.kind === "error" && rpc.code !== RPC_CODE.methodNotFound ? refused(`error ${rpc.code}`) : undefined;
}

const refused = (why: string): NotCaughtUp => ({
  reason: "builder_refused",
  detail: `the data availability limit: ${why}`,
});
