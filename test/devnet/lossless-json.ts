/** JSON.rawJSON writes a number's digits as they are; TypeScript's library does not know it yet. */
const { rawJSON } = JSON as typeof JSON & { rawJSON(text: string): unknown };

/** JSON.parse that keeps whole numbers above 2^53 exact, as bigint: `minBaseFee` is a Go uint64 (E-12). Throws SyntaxError. */
export const parseLossless = (text: string): unknown =>
  JSON.parse(text, (_key: string, value: unknown, context?: { readonly source?: string }) =>
    typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value)
      ? BigInt(context?.source ?? value)
      : value,
  );

/** The counterpart: a bigint becomes a JSON number with all its digits. */
export const stringifyLossless = (value: unknown): string =>
  JSON.stringify(value, (_key, item: unknown) => (typeof item === "bigint" ? rawJSON(item.toString()) : item));
