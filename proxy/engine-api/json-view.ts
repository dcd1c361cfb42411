/**
 * A view of JSON text: where each value stands, nothing decoded, nothing rebuilt. Engine bodies are forwarded as the
 * bytes they came in (`minBaseFee` exceeds 2^53, new forks add fields); decisions read through a view.
 */
export type JsonView =
  | {
      readonly kind: "object";
      readonly start: number;
      readonly end: number;
      readonly members: ReadonlyMap<string, JsonView>;
    }
  | { readonly kind: "array"; readonly start: number; readonly end: number; readonly items: readonly JsonView[] }
  | { readonly kind: "string" | "number" | "true" | "false" | "null"; readonly start: number; readonly end: number };

/** Engine bodies nest five deep; the bound keeps hostile text from exhausting the stack. */
const DEPTH_MAX = 32;

/** A 5 MiB block of the smallest transactions has about 50,000 values. An escaped quote costs as much as a value. */
const VALUES_MAX = 250_000;

/** An object takes ten times a text's memory; a batch of 2,000 calls (E-4) has some 5,000. */
const OBJECTS_MAX = 10_000;

/** Names of members, in sum, which cost far more: a payload has 30, a batch of 2,000 calls (E-4) some 20,000. */
const NAMES_MAX = 32_768;

/** The longest there are, storage slots in `eth_call`, have 66 characters. */
const NAME_LENGTH_MAX = 128;

/** 2^256 has 78 digits. */
const NUMBER_LENGTH_MAX = 100;

/**
 * The view of `bytes`, or undefined where they are not one JSON value, too deep, too many values, objects or names, or an
 * object has a key that readers may understand differently: escaped, not ASCII, or twice in any case (Go decodes keys
 * whatever their case, last wins, so a second `GasUsed` would show the execution client another block than it shows us).
 * What stands inside a value's string is not judged: whoever decodes it does that.
 */
export function viewJson(bytes: Buffer): JsonView | undefined {
  const reader = new Reader(bytes);
  const view = reader.value(0);
  reader.skipSpace();
  return view !== undefined && reader.position === bytes.length ? view : undefined;
}

/** The member of an object's view by its exact key; undefined for anything else. */
export const member = (view: JsonView | undefined, key: string): JsonView | undefined =>
  view?.kind === "object" ? view.members.get(key) : undefined;

/** The bytes of a value as they stand, quotes included. No copy. */
export const rawBytes = (bytes: Buffer, view: JsonView): Buffer => bytes.subarray(view.start, view.end);

/** The characters between a string's quotes, escapes left as they are; undefined for anything but a string. */
export const stringOf = (bytes: Buffer, view: JsonView | undefined): string | undefined =>
  view?.kind === "string" ? bytes.toString("latin1", view.start + 1, view.end - 1) : undefined;

/** The first `lengthMax` of those characters. Nothing else of the text stays in memory with them. */
export const shortStringOf = (bytes: Buffer, view: JsonView | undefined, lengthMax: number): string | undefined =>
  view?.kind === "string"
    ? bytes.toString("latin1", view.start + 1, Math.min(view.end - 1, view.start + 1 + lengthMax))
    : undefined;

/** The value of a hex QUANTITY such as `"0x1c9c380"`; undefined for anything else. */
export function quantityOf(bytes: Buffer, view: JsonView | undefined): bigint | undefined {
  const text = stringOf(bytes, view);
  return text !== undefined && /^0x[0-9a-fA-F]{1,64}$/.test(text) ? BigInt(text) : undefined;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;

class Reader {
  position = 0;
  readonly #bytes: Buffer;
  #values = 0;
  #objects = 0;
  #names = 0;
  /** Position of the first backslash at or behind the last string looked at; the length where there is none. */
  #backslash = -1;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  value(depth: number): JsonView | undefined {
    this.#values += 1;
    if (this.#values > VALUES_MAX || depth > DEPTH_MAX) return undefined;
    this.skipSpace();
    const first = this.#bytes[this.position];
    switch (first) {
      case QUOTE:
        return this.#string();
      case 0x7b:
        return this.#object(depth);
      case 0x5b:
        return this.#array(depth);
      case 0x74:
        return this.#literal("true");
      case 0x66:
        return this.#literal("false");
      case 0x6e:
        return this.#literal("null");
      default:
        return this.#number();
    }
  }

  skipSpace(): void {
    for (;;) {
      const byte = this.#bytes[this.position];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.position += 1;
    }
  }

  #object(depth: number): JsonView | undefined {
    this.#objects += 1;
    if (this.#objects > OBJECTS_MAX) return undefined;
    const start = this.position;
    const members = new Map<string, JsonView>();
    const keysWhateverCase = new Set<string>();
    this.position += 1;
    if (this.#take(0x7d)) return { kind: "object", start, end: this.position, members };
    for (;;) {
      const key = this.#key();
      this.#names += 1;
      if (this.#names > NAMES_MAX || key === undefined || keysWhateverCase.has(key.toLowerCase()) || !this.#take(COLON))
        return undefined;
      keysWhateverCase.add(key.toLowerCase());
      const value = this.value(depth + 1);
      if (value === undefined) return undefined;
      members.set(key, value);
      if (this.#take(COMMA)) continue;
      return this.#take(0x7d) ? { kind: "object", start, end: this.position, members } : undefined;
    }
  }

  #array(depth: number): JsonView | undefined {
    const start = this.position;
    const items: JsonView[] = [];
    this.position += 1;
    if (this.#take(0x5d)) return { kind: "array", start, end: this.position, items };
    for (;;) {
      const value = this.value(depth + 1);
      if (value === undefined) return undefined;
      items.push(value);
      if (this.#take(COMMA)) continue;
      return this.#take(0x5d) ? { kind: "array", start, end: this.position, items } : undefined;
    }
  }

  /** Printable ASCII without escapes; anything else is refused (see viewJson). */
  #key(): string | undefined {
    this.skipSpace();
    if (this.#bytes[this.position] !== QUOTE) return undefined;
    const view = this.#string();
    if (view === undefined || view.end - view.start > NAME_LENGTH_MAX) return undefined;
    const key = stringOf(this.#bytes, view);
    return key !== undefined && /^[\x20-\x5b\x5d-\x7e]*$/.test(key) ? key : undefined;
  }

  #string(): JsonView | undefined {
    const start = this.position;
    let end = this.#bytes.indexOf(QUOTE, start + 1);
    while (end !== -1 && this.#isEscaped(start + 1, end)) {
      this.#values += 1;
      end = this.#values > VALUES_MAX ? -1 : this.#bytes.indexOf(QUOTE, end + 1);
    }
    if (end === -1) return undefined;
    this.position = end + 1;
    return { kind: "string", start, end: end + 1 };
  }

  /** Whether an odd number of backslashes stands before the quote at `end`. Long hex strings never get past the first line. */
  #isEscaped(from: number, end: number): boolean {
    if (this.#backslash < from) {
      const found = this.#bytes.indexOf(BACKSLASH, from);
      this.#backslash = found === -1 ? this.#bytes.length : found;
    }
    if (this.#backslash > end) return false;
    let backslashes = 0;
    while (end - 1 - backslashes >= from && this.#bytes[end - 1 - backslashes] === BACKSLASH) backslashes += 1;
    return backslashes % 2 === 1;
  }

  #number(): JsonView | undefined {
    const start = this.position;
    while (isNumberByte(this.#bytes[this.position])) this.position += 1;
    const length = this.position - start;
    if (length === 0 || length > NUMBER_LENGTH_MAX) return undefined;
    const text = this.#bytes.toString("latin1", start, this.position);
    return /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/.test(text)
      ? { kind: "number", start, end: this.position }
      : undefined;
  }

  #literal(kind: "true" | "false" | "null"): JsonView | undefined {
    const start = this.position;
    const end = start + kind.length;
    if (this.#bytes.toString("latin1", start, end) !== kind) return undefined;
    this.position = end;
    return { kind, start, end };
  }

  #take(byte: number): boolean {
    this.skipSpace();
    if (this.#bytes[this.position] !== byte) return false;
    this.position += 1;
    return true;
  }
}

const isNumberByte = (byte: number | undefined): boolean =>
  byte !== undefined &&
  ((byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2b || byte === 0x2e || byte === 0x65 || byte === 0x45);
