import { roundedMs } from "../block-decision.ts";
import type { OwnPart } from "../contract/status.ts";
import { ownPayloadOf } from "../engine-api/own-payload.ts";
import type { Envelope } from "../engine-api/payload.ts";
import type { UpstreamAnswer } from "../engine-api/upstream-client.ts";
import { candidateOf } from "../selection/candidate.ts";

/** Notes when the execution client answers; then gives its part in the block. */
export function watchOwn(
  own: Promise<UpstreamAnswer>,
  sinceAskedMs: () => number,
): (envelope: Envelope | undefined) => OwnPart | undefined {
  let answered: { readonly answeredMs: number; readonly answer: UpstreamAnswer } | undefined;
  void own.then((answer) => {
    answered = { answeredMs: roundedMs(sinceAskedMs()), answer };
  });
  return (envelope) => {
    if (answered === undefined) return undefined;
    const { answer, answeredMs } = answered;
    if (envelope !== undefined) return { answeredMs, ...sizesOf(envelope) };
    const payload = answer.kind === "answered" && answer.status === 200 ? ownPayloadOf(answer.body) : undefined;
    return { answeredMs, ...(payload === undefined ? {} : { gasUsed: payload.gasUsed.toString() }) };
  };
}

function sizesOf(envelope: Envelope): Omit<OwnPart, "answeredMs"> {
  const { gasUsed, userTransactions } = candidateOf("", 0, envelope);
  return {
    gasUsed: gasUsed.toString(),
    userTransactions,
    payloadBytes: envelope.payload.end - envelope.payload.start,
  };
}
