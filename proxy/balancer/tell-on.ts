import type { CallerClaims } from "../engine-api/caller-claims.ts";
import { type CallView, resultBody, viewCalls } from "../engine-api/json-rpc.ts";
import { member, rawBytes } from "../engine-api/json-view.ts";
import { concernOf } from "../engine-api/methods.ts";
import type { RawCall } from "../routes/pass-through.ts";
import type { Reply } from "../routes/reply.ts";
import { tellBuilders } from "../routes/tell-builders.ts";
import type { Balancer } from "./balancer.ts";

/**
 * Transactions and `miner_*` at the balancer, alone or in a batch: on to the builders behind it, and answered at once, as
 * their sender waits for no builder. The result of a transaction is null, of `miner_*` whether it was taken: limits come from
 * the sequencer that leads, transactions from any. Undefined where anything else is among the calls.
 */
export function tellOn(
  { body, contentEncoding }: RawCall,
  caller: CallerClaims,
  balancer: Balancer,
): Reply | undefined {
  const calls = contentEncoding === undefined ? (viewCalls(body) ?? []) : [];
  if (calls.length === 0 || calls.some(({ method }) => concernOf(method) === undefined)) return undefined;
  const isTaken = balancer.claims.maySetLimits(caller);
  tellBuilders(body, calls, balancer, isTaken ? ["miner", "transaction"] : ["transaction"]);
  const answers = calls.map((call) => answerOf(body, call, isTaken));
  const [only] = answers;
  const isBatch = body[body.findIndex((byte) => byte > SPACE)] === OPEN;
  return { body: isBatch || only === undefined ? Buffer.from(`[${answers.join()}]`) : only };
}

function answerOf(body: Buffer, { method, view }: CallView, isTaken: boolean): Buffer {
  const id = member(view, "id");
  const result = concernOf(method) === "miner" ? String(isTaken) : "null";
  return resultBody(id === undefined ? NULL : rawBytes(body, id), Buffer.from(result));
}

const NULL = Buffer.from("null");
const SPACE = 0x20;
const OPEN = 0x5b;
