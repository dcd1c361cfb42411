import { until } from "../devnet/until.ts";
import type { World } from "./world.ts";

/** Of attributes, so that a job can be told from another. */
export const randao = (byte: string): string => `0x${byte.repeat(32)}`;

/** The builder hangs with a call under way, and the job with `randao("01")` waits behind it. Gives what lets the builder go. */
export async function jobsWaiting(world: World): Promise<() => void> {
  await world.builderBlock();
  await until("the last call", () => world.builder.head().payload.blockNumber === "0x1" || undefined);
  const lift = world.builder.fault("*", { hang: true });
  world.builder.forgetCalls();
  await world.opNode.startBlock();
  await until("the call under way", () => world.builder.calls().length === 1 || undefined);
  await world.opNode.startBlock({ attributes: { prevRandao: randao("01") } });
  return lift;
}
