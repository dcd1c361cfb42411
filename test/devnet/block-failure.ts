import type { RpcReply } from "./json-rpc-caller.ts";

/** The steps of one sequenced block (engine-contract section 2.3). */
export type Step = "start" | "seal" | "commit" | "insert";

/** What op-node does after a step failed (engine-contract section 2.4). */
export type Reaction = {
  readonly waitMs: number;
  /** Finds its heads again. */
  readonly reset: boolean;
  /** Asks again for the same payload id: only after a failed commit (E-15), or insert of a block already committed. */
  readonly keepJob: boolean;
};

/** op-node could not make a block: which step, what was answered, and what it does now. */
export class BlockFailure extends Error {
  override readonly name = "BlockFailure";
  readonly step: Step;
  readonly code: number | undefined;
  readonly reaction: Reaction;
  constructor(step: Step, problem: string, reaction: Reaction, code?: number) {
    super(`${step}: ${problem}`);
    this.step = step;
    this.code = code;
    this.reaction = reaction;
  }
}

const TEMPORARY: Reaction = { waitMs: 1_000, reset: false, keepJob: false };
const RESET: Reaction = { waitMs: 0, reset: true, keepJob: false };
const SYNCING_WAIT_MS = 30_000;

/** A call that was not answered with a result. */
export function failureOf(step: Step, reply: Exclude<RpcReply, { kind: "result" }>, blockTimeMs: number): BlockFailure {
  if (reply.kind === "failed") return new BlockFailure(step, reply.reason, reactionTo(step, undefined, blockTimeMs));
  const problem = `error ${reply.code} ${reply.message}`;
  return new BlockFailure(step, problem, reactionTo(step, reply.code, blockTimeMs), reply.code);
}

function reactionTo(step: Step, code: number | undefined, blockTimeMs: number): Reaction {
  switch (step) {
    case "start":
      if (code === -38003) return { waitMs: blockTimeMs, reset: false, keepJob: false };
      return code !== undefined && code <= -38000 ? RESET : TEMPORARY;
    case "seal":
      return { waitMs: blockTimeMs, reset: false, keepJob: false };
    case "commit":
      return { ...TEMPORARY, keepJob: true };
    case "insert":
      return code === -38002 ? RESET : { ...TEMPORARY, keepJob: true };
  }
}

/** A payload status other than VALID. */
export function refusalOf(
  step: "start" | "insert",
  status: string,
  problem: string | null,
  blockTimeMs: number,
): BlockFailure {
  const text = `status ${status}${problem === null ? "" : ` (${problem})`}`;
  if (status.startsWith("INVALID"))
    return new BlockFailure(step, text, { waitMs: blockTimeMs, reset: false, keepJob: false });
  if (step === "insert") return new BlockFailure(step, text, { ...TEMPORARY, keepJob: true });
  return new BlockFailure(step, text, { waitMs: SYNCING_WAIT_MS, reset: false, keepJob: false });
}
