import { join } from "node:path";
import type { Clock } from "./clock.ts";
import { type AdminHand, AdminHand as AdminHandSchema, ExecutionModeRequest } from "./contract/execution-mode.ts";
import { type Problem, problemsOf } from "./contract/problems.ts";
import { KeptFile } from "./kept-file.ts";

/** How often a mode that is not on disk yet is written again: the disk may have room again. */
const KEEP_AGAIN_MS = 5_000;

const NOT_YET = "not written yet";

/** The admin API's hand on the execution mode: kept on disk, so that a restarted container cannot undo a shut-off. */
export class AdminHandKeeper {
  readonly #file: KeptFile;
  readonly #clock: Clock;
  readonly #taken: (hand: AdminHand) => void;
  #hand: AdminHand | undefined;
  #notKept: string | undefined;
  #cancelKeepAgain: () => void = () => {};
  #closed = false;

  /** `taken` is called with each mode from the moment it counts, before anything is written. */
  constructor(
    stateDir: string,
    { clock, taken }: { readonly clock: Clock; readonly taken: (hand: AdminHand) => void },
  ) {
    this.#file = new KeptFile(join(stateDir, "execution-mode.json"), clock);
    this.#clock = clock;
    this.#taken = taken;
  }

  /** Takes up what was kept. What is kept and cannot be read may be a shut-off, so it is taken for one. */
  async load(): Promise<void> {
    const kept = await this.#file.read();
    if (kept.kind === "none") return;
    const parsed = kept.kind === "document" ? AdminHandSchema.safeParse(kept.document) : undefined;
    const problem = kept.kind === "unreadable" ? kept.problem : "execution-mode.json in the state folder: not a mode";
    this.#hand = parsed?.data ?? {
      mode: "disabled",
      who: "this proxy, at its start",
      when: this.#now(),
      why: `what was kept may be a shut-off and cannot be read: ${problem}; PUT /execution-mode says what holds`,
    };
  }

  /** What the hand holds; undefined while nobody has used it. */
  get hand(): AdminHand | undefined {
    return this.#hand;
  }

  /** Why a restart would forget what the hand holds; undefined where it is on disk. */
  get notKept(): string | undefined {
    return this.#notKept;
  }

  /**
   * Sets the mode, or gives every problem of a bad request. It counts at once, whatever the disk does, and this resolves
   * when it is on disk or `notKept` says why it is not; then it is written again until it is.
   */
  async set(request: unknown): Promise<readonly Problem[]> {
    const parsed = ExecutionModeRequest.safeParse(request);
    if (!parsed.success) return problemsOf(parsed.error, request);
    const hand = { ...parsed.data, when: this.#now() };
    this.#hand = hand;
    this.#taken(hand);
    await this.#keep(hand);
    return [];
  }

  /** No more writes. */
  close(): void {
    this.#closed = true;
    this.#cancelKeepAgain();
  }

  async #keep(hand: AdminHand): Promise<void> {
    this.#cancelKeepAgain();
    this.#notKept = NOT_YET;
    const problem = await this.#file.write(hand);
    if (this.#hand !== hand) return;
    this.#notKept = problem;
    if (problem !== undefined && !this.#closed) {
      this.#cancelKeepAgain = this.#clock.after(KEEP_AGAIN_MS, () => void this.#keep(hand));
    }
  }

  #now(): string {
    return new Date(this.#clock.nowMs()).toISOString();
  }
}
