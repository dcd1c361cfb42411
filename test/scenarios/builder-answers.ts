import { until } from "../devnet/until.ts";
import { bearer, call, post } from "./http-calls.ts";
import type { World } from "./world.ts";

/** What the builder answers to the getPayload of its newest job, were it honest; as text, to be forged. */
export async function honestAnswer({ builder }: World): Promise<string> {
  const job = await until("the job at the builder", () =>
    builder.calls("engine_forkchoiceUpdatedV3").findLast(({ params }) => params[1] !== null),
  );
  const headers = { authorization: await bearer(builder.jwtSecret) };
  const forkchoice = await post(builder.engineUrl, job.body, headers);
  const { payloadId } = (forkchoice.json() as { readonly result: { readonly payloadId: string } }).result;
  const answer = await post(builder.engineUrl, call("engine_getPayloadV4", [payloadId]), headers);
  builder.forgetCalls();
  return answer.text;
}

/** Has op-node ask for a block, and the builder answer with what `forge` makes of its honest answer. */
export async function sealForged(world: World, forge: (honest: string) => string | Buffer) {
  const started = await world.opNode.startBlock();
  const honest = await honestAnswer(world);
  const body = forge(honest);
  if (body === honest) throw new Error("the forged answer is the honest one");
  world.builder.fault("engine_getPayload*", { body });
  return { started, honest, sealed: await world.opNode.sealBlock(started) };
}
