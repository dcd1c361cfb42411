import type { Clock, Deadline } from "./clock.ts";
import type { ConfigFile } from "./contract/config-file.ts";
import { requestBody } from "./engine-api/json-rpc.ts";
import type {
  Upstream,
  UpstreamAnswer,
  UpstreamCall,
  UpstreamOptions,
  UpstreamSigner,
} from "./engine-api/upstream-client.ts";
import {
  type ExecutionClientHealth,
  executionClientHealthAfter,
  type Moment,
  startingExecutionClient,
} from "./health/execution-client-health.ts";
import { type Observed, type Stated, watchState } from "./health/state-change.ts";

/** Execution clients read and write for 30 s at most (E-4); op-node has given up after 10 s (E-5). */
const CALL_TIMEOUT_MS = 30_000;

/** The largest batch answer an execution client gives (E-4). */
const ANSWER_BYTES_MAX = 250 * 1024 * 1024;

/** Engine calls have connections of their own, so that no `eth_*` call can stand before them. */
const ENGINE_CONNECTIONS_MAX = 16;
const PASS_THROUGH_CONNECTIONS_MAX = 64;

/** How often the execution client is asked whether it is there, and how long it has for that. */
const WATCH_INTERVAL_MS = 500;
const WATCH_TIMEOUT_MS = 1_000;

const WATCH_BODY = requestBody("eth_chainId", []);

/** The sequencer's own execution client: its answers are op-node's, its health is the proxy's. */
export class ExecutionClient {
  readonly config: ConfigFile["executionClient"];
  readonly #engine: Upstream;
  readonly #passThrough: Upstream;
  readonly #plain: Upstream;
  readonly #clock: Clock;
  #health: ExecutionClientHealth;
  readonly #watchState: (now: Stated<"usable" | "unusable">) => void;
  #cancelWatch: () => void = () => {};
  #closed = false;

  constructor(
    config: ConfigFile["executionClient"],
    dependencies: {
      readonly clock: Clock;
      readonly signer: UpstreamSigner;
      readonly connect: (options: UpstreamOptions) => Upstream;
      /** Told when it becomes unusable and usable again, until it is closed. */
      readonly observe: (observed: Observed) => void;
    },
  ) {
    const { clock, signer, connect, observe } = dependencies;
    const client = (url: string, connectionsMax: number, secured: boolean): Upstream =>
      connect({ url, connectionsMax, answerBytesMax: ANSWER_BYTES_MAX, ...(secured ? { signer } : {}) });
    this.config = config;
    this.#clock = clock;
    this.#engine = client(config.url, ENGINE_CONNECTIONS_MAX, true);
    this.#passThrough = client(config.url, PASS_THROUGH_CONNECTIONS_MAX, true);
    // Where both are one port, it wants a JWT for everything.
    this.#plain = client(config.rpcUrl, PASS_THROUGH_CONNECTIONS_MAX, config.rpcUrl === config.url);
    this.#health = startingExecutionClient(this.#moment());
    this.#watchState = watchState(stated(this.#health), clock, (change) =>
      observe({ subject: "execution_client", change }),
    );
    void this.#watch();
  }

  get health(): ExecutionClientHealth {
    return this.#health;
  }

  /** An Engine API call. Without a deadline of ours it takes as long as the execution client needs. */
  async engineCall(body: Buffer, deadline?: Deadline): Promise<UpstreamAnswer> {
    const answer = await this.#engine.call({ body, deadline: deadline ?? this.#callTimeout(), repeatable: true });
    if (deadline === undefined) this.#sample(answer);
    return answer;
  }

  /** Any other call of the engine port, bytes untouched in both directions. */
  passThrough(call: Omit<UpstreamCall, "deadline">): Promise<UpstreamAnswer> {
    return this.#passThrough.call({ ...call, deadline: this.#callTimeout() });
  }

  /** A call of the rpc port: to the plain JSON-RPC, without JWT. */
  plainCall(call: Omit<UpstreamCall, "deadline">): Promise<UpstreamAnswer> {
    return this.#plain.call({ ...call, deadline: this.#callTimeout() });
  }

  /** Ends all connections and the watch. Calls under way have `graceMs` to be answered. */
  async close(graceMs = 0): Promise<void> {
    this.#closed = true;
    this.#cancelWatch();
    await Promise.all([this.#engine, this.#passThrough, this.#plain].map((client) => client.close(graceMs)));
  }

  async #watch(): Promise<void> {
    const deadline = { atMs: this.#clock.monotonicMs() + WATCH_TIMEOUT_MS };
    this.#sample(await this.#engine.call({ body: WATCH_BODY, deadline, repeatable: true }));
    if (!this.#closed) this.#cancelWatch = this.#clock.after(WATCH_INTERVAL_MS, () => void this.#watch());
  }

  #sample(answer: UpstreamAnswer): void {
    this.#health = executionClientHealthAfter(this.#health, problemOf(answer), this.#moment());
    if (!this.#closed) this.#watchState(stated(this.#health));
  }

  #moment(): Moment {
    return { nowMs: this.#clock.nowMs(), monotonicMs: this.#clock.monotonicMs() };
  }

  #callTimeout(): Deadline {
    return { atMs: this.#clock.monotonicMs() + CALL_TIMEOUT_MS };
  }
}

const stated = ({ usable, sinceMs, reason }: ExecutionClientHealth): Stated<"usable" | "unusable"> => ({
  state: usable ? "usable" : "unusable",
  sinceMs,
  reason,
});

/** Why an answer does not show a usable execution client; undefined where it does. Also the text op-node gets then. */
export function problemOf(answer: UpstreamAnswer): string | undefined {
  switch (answer.kind) {
    case "late":
      return "the execution client does not answer in time";
    case "unreachable":
      return `the execution client cannot be reached: ${answer.detail}`;
    case "answered":
      if (answer.status === 200) return undefined;
      return answer.status === 401
        ? "the execution client refuses our JWT (HTTP 401): check executionClient.jwtSecretFile and the clocks"
        : `the execution client answered HTTP ${answer.status}`;
  }
}
