import { byDeadline, type Clock, type Deadline } from "./clock.ts";
import type { FallbackReason } from "./contract/status.ts";
import type { DaLimit } from "./da-limit.ts";
import { RPC_CODE, viewAnswer } from "./engine-api/json-rpc.ts";
import type { Upstream, UpstreamAnswer } from "./engine-api/upstream-client.ts";

/** Calls under way to a builder beside its lane, on connections of their own: a flood of them delays no job. */
export const ASIDE_CONNECTIONS_MAX = 4;

/** Limits have a connection of their own, behind no transaction, and one alone: they arrive in their order. */
export const LIMIT_CONNECTIONS_MAX = 1;

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
  readonly #limits: Upstream;
  readonly #clock: Clock;
  readonly #daLimit: DaLimit;
  #isCaughtUp: boolean;
  #catchingUp: Promise<unknown> | undefined;
  #failure: NotCaughtUp | undefined;
  #lost = 0;

  /** `limits`: the connection that calls with a data availability limit take. */
  constructor({
    client,
    limits,
    clock,
    daLimit,
  }: {
    readonly client: Upstream;
    readonly limits: Upstream;
    readonly clock: Clock;
    readonly daLimit: DaLimit;
  }) {
    this.#client = client;
    this.#limits = limits;
    this.#clock = clock;
    this.#daLimit = daLimit;
    this.#isCaughtUp = daLimit.current() === undefined;
  }

  /** Calls and batches that the builder did not take, since it was wired: too many waited, none in time, no connection, an HTTP error. */
  get lost(): number {
    return this.#lost;
  }

  /**
   * Sends a call or batch. Resolves when it was taken (true) or given up; never rejects. What nobody wants any more then, as
   * the emergency shut-off stopped it, is not lost.
   */
  tell(body: Buffer, call: { readonly setsDaLimit: boolean; readonly isWanted: () => boolean }): Promise<boolean> {
    const deadline = { atMs: this.#clock.monotonicMs() + TELL_TIMEOUT_MS };
    const client = call.setsDaLimit ? this.#limits : this.#client;
    const told = client.call({ body, deadline, repeatable: true }).then((answer) => {
      const isTaken = answer.kind === "answered" && answer.status === 200;
      if (!isTaken && call.isWanted()) this.#lost += 1;
      if (call.setsDaLimit) this.#told(answer);
      return isTaken;
    });
    if (call.setsDaLimit && !this.#isCaughtUp) this.#catchingUp = told;
    return told;
  }

  /** The builder gave no answer, or has lost blocks: whatever it was told before may be lost too. */
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
    this.#catchingUp = this.#limits.call({ body, deadline, repeatable: true }).then((answer) => this.#note(answer));
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
  async close(): Promise<void> {
    await Promise.all([this.#client.close(), this.#limits.close()]);
  }

  /** Only a builder that never got it owes it again: what one refuses that was never away is its own business. */
  #told(answer: UpstreamAnswer): void {
    if (!this.#isCaughtUp || isLostOnTheWay(answer) || isNotTaken(answer)) this.#note(answer);
  }

  #note(answer: UpstreamAnswer): void {
    this.#catchingUp = undefined;
    this.#failure = failureOf(answer);
    this.#isCaughtUp = this.#failure === undefined;
  }
}

/** What a gateway answers for a builder that it does not reach. */
const NOT_REACHED: ReadonlySet<number> = new Set([502, 503, 504]);

const isLostOnTheWay = (answer: UpstreamAnswer): boolean =>
  answer.kind !== "answered" || NOT_REACHED.has(answer.status);

/** A balancer says false while another sequencer leads: should this one come to lead, its next job brings the limit again. */
function isNotTaken(answer: UpstreamAnswer): boolean {
  if (answer.kind !== "answered" || answer.status !== 200) return false;
  const rpc = viewAnswer(answer.body);
  return rpc.kind === "result" && rpc.result.kind === "false";
}

const LATE: NotCaughtUp = { reason: "builder_late", detail: "the data availability limit is not confirmed" };

/** A builder without the method takes no limits at all: there is nothing it could have lost. */
function failureOf(answer: UpstreamAnswer): NotCaughtUp | undefined {
  if (answer.kind === "late") return LATE;
  if (answer.kind === "unreachable") return { reason: "builder_unreachable", detail: answer.detail };
  if (answer.status !== 200) return refused(`HTTP ${answer.status}`);
  if (isNotTaken(answer)) return refused("not taken, another sequencer leads");
  const rpc = viewAnswer(answer.body);
  return rpc.kind === "error" && rpc.code !== RPC_CODE.methodNotFound ? refused(`error ${rpc.code}`) : undefined;
}

const refused = (why: string): NotCaughtUp => ({
  reason: "builder_refused",
  detail: `the data availability limit: ${why}`,
});
