import type { Clock } from "../clock.ts";
import type { Leadership } from "../contract/status.ts";
import { OWN_CALL_ID, requestBody, viewAnswer } from "../engine-api/json-rpc.ts";
import type { Upstream, UpstreamAnswer } from "../engine-api/upstream-client.ts";
import { type Observed, type Stated, watchState } from "./state-change.ts";

/** What op-conductor has to answer. Builders wait for it with a job's FCU; the execution client does not. */
const FENCE_DEADLINE_MS = 100;

/** An FCU without attributes is confirmed by an answer as old as this; a question for each would be one more a block. */
const FENCE_FRESH_MS = 500;

/** `{"jsonrpc":"2.0","id":1,"result":true}`, and room for an error's text. */
export const FENCE_ANSWER_BYTES_MAX = 64 * 1024;

const BODY = requestBody("conductor_leader", []);

/** An answer of op-conductor, and when it came. */
type Answered = { readonly answer: Leadership; readonly atMs: number; readonly monotonicMs: number };

/**
 * Asks the sequencer's own op-conductor whether it leads, before shared builders are driven: when stopSequencer has failed,
 * two sequencers ask for blocks (F-1, C-14). Keeps op-node's order: a job goes when its answer is there, and what came after
 * it goes after it.
 */
export class LeadershipFence {
  readonly url: string;
  readonly #client: Upstream;
  readonly #clock: Clock;
  readonly #answered: (answer: Leadership) => void;
  readonly #watchState: (now: Stated<Leadership | "not_asked">) => void;
  #isClosed = false;
  #last: Answered | undefined;
  #asking: Promise<Leadership> | undefined;
  #jobs: Promise<unknown> = Promise.resolve();
  #head: (() => void) | undefined;
  #isConfirming = false;

  constructor(
    url: string,
    dependencies: {
      readonly client: Upstream;
      readonly clock: Clock;
      readonly answered: (answer: Leadership) => void;
      /** Told when the answer is another than before, until the fence is closed. */
      readonly observe: (observed: Observed) => void;
    },
  ) {
    this.url = url;
    this.#client = dependencies.client;
    this.#clock = dependencies.clock;
    this.#answered = dependencies.answered;
    this.#watchState = watchState<Leadership | "not_asked">(
      { state: "not_asked", sinceMs: dependencies.clock.nowMs() },
      dependencies.clock,
      (change) => dependencies.observe({ subject: "leadership", change }),
    );
  }

  /** The newest answer, and when it came in milliseconds since 1970. */
  get last(): { readonly answer: Leadership; readonly atMs: number } | undefined {
    return this.#last;
  }

  /**
   * Asks for a job and runs `start` with the answer, within `FENCE_DEADLINE_MS` and in the order of the calls. One question
   * is under way at a time, and a job that comes meanwhile shares it. A head that waits has no more to say.
   */
  job<T>(start: (answer: Leadership) => readonly T[]): Promise<readonly T[]> {
    this.#head = undefined;
    const answer = this.#ask();
    const turn = this.#jobs.then(() => answer).then(start);
    this.#jobs = turn;
    return turn;
  }

  /** Runs `send` after the jobs before it, where op-conductor confirms that the sequencer leads. The latest one that waits wins. */
  head(send: () => void): void {
    this.#head = send;
    if (!this.#isConfirming) void this.#confirm();
  }

  /** Drops what waits and ends the connection. */
  async close(): Promise<void> {
    this.#head = undefined;
    this.#isClosed = true;
    await this.#client.close();
  }

  async #confirm(): Promise<void> {
    this.#isConfirming = true;
    if (!this.#isFresh()) await this.#ask();
    for (let jobs: Promise<unknown> | undefined; jobs !== this.#jobs; ) {
      jobs = this.#jobs;
      await jobs;
    }
    this.#isConfirming = false;
    const send = this.#head;
    this.#head = undefined;
    if (this.#last?.answer === "leader") send?.();
  }

  #isFresh(): boolean {
    return this.#last !== undefined && this.#clock.monotonicMs() - this.#last.monotonicMs < FENCE_FRESH_MS;
  }

  #ask(): Promise<Leadership> {
    this.#asking ??= this.#question().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #question(): Promise<Leadership> {
    const deadline = { atMs: this.#clock.monotonicMs() + FENCE_DEADLINE_MS };
    const { answer, reason } = leadershipOf(await this.#client.call({ body: BODY, deadline, repeatable: true }));
    const atMs = this.#clock.nowMs();
    this.#last = { answer, atMs, monotonicMs: this.#clock.monotonicMs() };
    this.#answered(answer);
    if (!this.#isClosed) this.#watchState({ state: answer, sinceMs: atMs, reason });
    return answer;
  }
}

/** Only a clear answer counts: `true` or `false` as the result of our own call. With the reason where it is none. */
function leadershipOf(answer: UpstreamAnswer): { readonly answer: Leadership; readonly reason?: string } {
  if (answer.kind === "late") return unknown(`op-conductor does not answer within ${FENCE_DEADLINE_MS} ms`);
  if (answer.kind === "unreachable") return unknown(`op-conductor cannot be reached: ${answer.detail}`);
  if (answer.status !== 200) return unknown(`op-conductor answered HTTP ${answer.status}`);
  const rpc = viewAnswer(answer.body, OWN_CALL_ID);
  if (rpc.kind === "error") return unknown(`op-conductor answered error ${rpc.code}`);
  if (rpc.kind === "result" && rpc.result.kind === "true") return { answer: "leader" };
  if (rpc.kind === "result" && rpc.result.kind === "false") return { answer: "follower" };
  return unknown("op-conductor's answer is neither true nor false");
}

const unknown = (reason: string) => ({ answer: "unknown", reason }) as const;
