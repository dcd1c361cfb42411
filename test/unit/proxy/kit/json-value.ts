/** A random JSON value of at most `depth` levels, with keys that every reader takes alike. */
export function randomJson(chance: (below: number) => number, depth: number): unknown {
  switch (chance(depth > 0 ? 8 : 6)) {
    case 0:
      return null;
    case 1:
      return chance(2) === 0;
    case 2:
      return chance(1_000_000) - 500_000;
    case 3:
      return (chance(1_000_000) - 500_000) / 2 ** chance(60);
    case 4:
      return `0x${chance(2 ** 31).toString(16)}`;
    case 5:
      return randomText(chance);
    case 6:
      return Array.from({ length: chance(5) }, () => randomJson(chance, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: chance(5) }, (_, index) => [`key${index}.${chance(100)}`, randomJson(chance, depth - 1)]),
      );
  }
}

const PIECES = ['"', "\\", "\\\\", "/", "\n", "\u0000", "ü", "🧱", "{", "}", "[", "]", ",", ":", "a", "0x7e", " "];

const randomText = (chance: (below: number) => number): string =>
  Array.from({ length: chance(8) }, () => PIECES[chance(PIECES.length)]).join("");
