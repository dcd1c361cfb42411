import { isDeepStrictEqual } from "node:util";
import type { ConfigFile } from "../../proxy/contract/config-file.ts";
import { observedAfterPush, type PushOutcome, pushConfig } from "../apply/config-push.ts";
import { observeProxy } from "../observe/proxy-client.ts";
import { repeat } from "../observe/repeat.ts";
import type { ProxyObserved } from "../plan/model.ts";

const STATUS_INTERVAL_MS = 500;

/** A push that failed is tried again after this; a newer document goes at once. */
const PUSH_AGAIN_MS = 1_000;

type Options = { readonly name: string; readonly adminUrl: string; readonly adminToken: string };

/**
 * Watches one proxy and keeps its config pushed. Reading and pushing do not wait for each other, nor one proxy for
 * another: an emergency shut-off reaches every proxy that answers within milliseconds, whoever hangs.
 */
export class ProxyLink {
  readonly #options: Options;
  readonly #onChange: () => void;
  readonly #end = new AbortController();
  #observed: ProxyObserved;
  #wanted: ConfigFile | undefined;
  #pushing = false;
  /** Before the first answer there is nobody to push to: a spawned proxy reads its file when it starts. */
  #hasAnswered = false;
  #lastPush:
    | {
        readonly document: ConfigFile;
        readonly outcome: PushOutcome;
        /** Of the process it went to. */
        readonly startedAt: string | undefined;
        readonly atMs: number;
      }
    | undefined;

  constructor(options: Options, dependencies: { readonly onChange: () => void }) {
    this.#options = options;
    this.#onChange = dependencies.onChange;
    this.#observed = { name: options.name, adminUrl: options.adminUrl, ready: false, status: undefined };
    void repeat(() => this.#read(), STATUS_INTERVAL_MS, this.#end.signal);
  }

  /** What was last seen, with what the last push of the wanted document told. */
  get observed(): ProxyObserved {
    const push = this.#lastPush;
    const isOver = push?.outcome.kind === "failed" && this.#observed.status?.revision === push.document.revision;
    return observedAfterPush(this.#observed, push?.document === this.#wanted && !isOver ? push?.outcome : undefined);
  }

  /** Makes the proxy run this document, which has been written; pushed until the proxy confirms it. */
  want(document: ConfigFile): void {
    if (!isDeepStrictEqual(this.#wanted, document)) this.#wanted = document;
    void this.#push();
  }

  /** Ends reading and pushing; what the proxy runs stays. */
  close(): void {
    this.#end.abort();
  }

  async #read(): Promise<void> {
    const { name, adminUrl } = this.#options;
    const before = this.#observed;
    const read = await observeProxy({ name, adminUrl, ready: false }, this.#end.signal);
    this.#hasAnswered ||= read.status !== undefined;
    this.#observed = { ...read, ready: read.status?.ready === true && !read.status.draining };
    void this.#push();
    if (!isDeepStrictEqual(essence(before), essence(this.#observed))) this.#onChange();
  }

  async #push(): Promise<void> {
    const document = this.#wanted;
    if (document === undefined || this.#pushing || this.#end.signal.aborted || !this.#mustPush(document)) return;
    this.#pushing = true;
    const startedAt = this.#observed.status?.startedAt;
    const outcome = await pushConfig(this.#options, document, this.#end.signal);
    this.#pushing = false;
    this.#lastPush = { document, outcome, startedAt, atMs: performance.now() };
    if (outcome.kind === "confirmed") await this.#read();
    this.#onChange();
    if (this.#wanted !== document) void this.#push();
  }

  /**
   * Once to every process, also to one that reports the right revision: only a push tells whether it is the same
   * document (the state folder may have been lost).
   */
  #mustPush(document: ConfigFile): boolean {
    if (!this.#hasAnswered) return false;
    const last = this.#lastPush;
    if (last?.document !== document) return true;
    const { revision, startedAt } = this.#observed.status ?? {};
    if (last.outcome.kind === "confirmed" && last.startedAt === startedAt && revision === document.revision)
      return false;
    return performance.now() - last.atMs >= PUSH_AGAIN_MS;
  }
}

/** Without what moves with every block, on which nothing is decided. */
function essence(observed: ProxyObserved): unknown {
  if (observed.status === undefined) return observed;
  const { blocks: _, lastDecisions: __, ...status } = observed.status;
  return { ...observed, status };
}
