import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";

/** Some 5 KiB each at most. */
const ITEMS_A_PIECE = 32;

/**
 * A JSON list in pieces. A full ledger takes tens of milliseconds to be written as one text, and whoever reaches the admin
 * port may ask for it: between two pieces op-node's calls have their turn.
 */
export const listed = (items: readonly unknown[]): Readable => Readable.from(pieces(items), { objectMode: false });

async function* pieces(items: readonly unknown[]): AsyncGenerator<string> {
  yield "[";
  for (let at = 0; at < items.length; at += ITEMS_A_PIECE) {
    const texts = items.slice(at, at + ITEMS_A_PIECE).map((item) => JSON.stringify(item));
    yield `${at === 0 ? "" : ","}${texts.join(",")}`;
    await setImmediate();
  }
  yield "]";
}
