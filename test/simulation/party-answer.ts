import type { UpstreamAnswer } from "../../proxy/engine-api/upstream-client.ts";
import type { Block, Envelope } from "../devnet/execution-payload.ts";
import { type PayloadFault, payloadFault } from "../devnet/payload-fault.ts";
import type { Party } from "./host.ts";
import { idOf, methodOf, paramsOf } from "./journal.ts";
import type { ClientAnswer } from "./simulated-client.ts";
import type { CallFault } from "./upstream-faults.ts";

/** A good block, but a sibling of the parent that was named. */
const siblingOfParent = (blockOf: (hash: string) => Block | undefined): PayloadFault => ({
  payload: (payload) => {
    const parent = blockOf(payload.parentHash)?.payload;
    return {
      ...payload,
      parentHash: parent?.parentHash ?? payload.parentHash,
      blockNumber: parent?.blockNumber ?? "0x0",
    };
  },
  reseal: "execution",
});

const answered = (body: string | Buffer, status = 200): UpstreamAnswer => ({
  kind: "answered",
  status,
  headers: { contentType: "application/json" },
  body: Buffer.from(body),
});

/** What a party answers to a call, and does what it asks for; `fault` is what goes wrong with the answer. */
export function partyAnswer(party: Party, body: Buffer, fault: CallFault | undefined): UpstreamAnswer {
  const { client } = party;
  const honest = client.answer(methodOf(body), paramsOf(body));
  const written = (answer: ClientAnswer): string =>
    JSON.stringify({ jsonrpc: "2.0", id: idOf(body) ?? null, ...answer });
  switch (fault?.kind) {
    case "status":
      return answered("as drawn\n", fault.status);
    case "bytes":
      return answered(fault.body);
    case "error":
      return answered(written({ error: { code: fault.code, message: "as drawn" } }));
    case "result":
      return answered(written({ result: fault.change("result" in honest ? honest.result : undefined) }));
    case "lie":
      return answered(lied(party, honest, fault, written));
    case "payload-before":
      return answered(written({ result: before(party, honest) }));
    default:
      return answered(written(honest));
  }
}

/** What stands between a proxy and a balancer answers in its place. */
export function inPlace(body: Buffer, fault: CallFault | undefined): UpstreamAnswer {
  if (fault?.kind === "status") return answered("as drawn\n", fault.status);
  return answered(fault?.kind === "bytes" ? fault.body : body);
}

function lied(
  { client: { chain }, rules }: Party,
  honest: ClientAnswer,
  { lie }: Extract<CallFault, { kind: "lie" }>,
  written: (answer: ClientAnswer) => string,
): string {
  if (!("result" in honest)) return written(honest);
  if ("text" in lie) return lie.text(written(honest));
  const fault = "sibling" in lie ? siblingOfParent((hash) => chain.block(hash)) : lie;
  const change = payloadFault(fault, rules, (hash) => chain.block(hash)).result;
  return written({ result: change?.(honest.result) ?? honest.result });
}

/** The parent of what was asked for, as its own payload. */
function before({ client: { chain } }: Party, honest: ClientAnswer): unknown {
  if (!("result" in honest)) return null;
  const envelope = honest.result as Envelope;
  const parent = chain.block(envelope.executionPayload.parentHash);
  return parent === undefined
    ? envelope
    : { ...envelope, executionPayload: parent.payload, parentBeaconBlockRoot: parent.parentBeaconBlockRoot };
}
