/** Blocks and failures a simulated op-node remembers. */
const REMEMBERED = 1_024;

/** Adds to a list that forgets its oldest. */
export function remember<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > REMEMBERED) list.shift();
}
