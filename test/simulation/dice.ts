import { seeded } from "../unit/proxy/kit/random.ts";

/** Chance that is the same in every run of a seed. */
export type Dice = {
  /** A whole number from `low` to `high`, both included. */
  readonly between: (low: number, high: number) => number;
  /** True once in `n` times; never where `n` is 0. */
  readonly oneIn: (n: number) => boolean;
  readonly pick: <T>(items: readonly [T, ...T[]]) => T;
  readonly some: <T>(items: readonly T[]) => T[];
};

/** The dice of a seed; another `stream` of the same seed falls otherwise. */
export function diceOf(seed: number, stream = 0): Dice {
  const below = seeded(Math.imul(seed, 0x9e3779b1) ^ Math.imul(stream + 1, 0x85ebca6b));
  return {
    between: (low, high) => low + below(high - low + 1),
    oneIn: (n) => n > 0 && below(n) === 0,
    pick: (items) => items[below(items.length)] ?? items[0],
    some: (items) => items.filter(() => below(2) === 0),
  };
}
