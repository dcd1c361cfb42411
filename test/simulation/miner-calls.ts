import type { Hand } from "./hands.ts";
import { setsLimit } from "./told.ts";

/** Above every id of op-node's, so that these calls can be told from them. */
const IDS_FROM = 1_000_000;

/** Each limit of a world is another, so that it can be told which one a builder has. */
const limitsSaid = new WeakMap<object, number>();

/** op-batcher says how many bytes of data availability a block may take: to the sequencer that leads, as it follows the leader, or to another. */
export const limit: Hand = async (world) => {
  const said = (limitsSaid.get(world) ?? 0) + 1;
  limitsSaid.set(world, said);
  const size = `0x${(IDS_FROM + said).toString(16)}`;
  const body = bodyOf(IDS_FROM + said, "miner_setMaxDASize", [size, size]);
  await world.dice.pick(world.sequencers).plain(body);
};

/** Users send some transactions to a sequencer's rpc port. */
export const transactions: Hand = async ({ dice, sequencers }) => {
  const sequencer = dice.pick(sequencers);
  const first = dice.between(0, 100_000) * 100;
  await Promise.all(
    Array.from({ length: dice.pick([1, 3, 12]) }, (_, index) =>
      sequencer.plain(bodyOf(2 * IDS_FROM + first + index, "eth_sendRawTransaction", [transactionOf(first + index)])),
    ),
  );
};

/** The limit that a call sets; undefined for any other call. */
export const limitIn = (body: Buffer): string | undefined =>
  setsLimit(body) ? /"params":\["(0x[0-9a-f]+)"/.exec(body.toString("latin1"))?.[1] : undefined;

const bodyOf = (id: number, method: string, params: readonly string[]): Buffer =>
  Buffer.from(JSON.stringify({ jsonrpc: "2.0", id, method, params }));

const transactionOf = (number: number): string => `0x02${number.toString(16).padStart(16, "0")}`;
