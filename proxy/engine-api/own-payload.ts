/** What checks and selection read of the execution client's own payload. */
export type OwnPayload = {
  readonly extraData: string;
  readonly baseFeePerGas: string;
  readonly gasUsed: bigint;
};

/**
 * Reads the own payload out of a getPayload answer; undefined where it is an error. Never throws. The execution client is
 * trusted, so the first field of a name is that field: its payload can have megabytes, and three fields are needed.
 */
export function ownPayloadOf(body: Buffer): OwnPayload | undefined {
  const extraData = hexField(body, "extraData");
  const baseFeePerGas = hexField(body, "baseFeePerGas");
  const gasUsed = hexField(body, "gasUsed");
  return extraData === undefined || !isQuantity(baseFeePerGas) || !isQuantity(gasUsed)
    ? undefined
    : { extraData, baseFeePerGas, gasUsed: BigInt(gasUsed) };
}

/** Longest value of the fields above: 32 bytes. */
const VALUE_LENGTH_MAX = 66;

/** The value of the first field of that name. A text can only end in the name's letters: no colon follows it. */
function hexField(body: Buffer, name: string): string | undefined {
  const quoted = `"${name}"`;
  for (let at = body.indexOf(quoted); at !== -1; at = body.indexOf(quoted, at + 1)) {
    const start = at + quoted.length;
    const behind = body.toString("latin1", start, start + VALUE_LENGTH_MAX + 8);
    if (body[at - 1] !== BACKSLASH && /^\s*:/.test(behind)) return /^\s*:\s*"(0x[0-9a-f]*)"/i.exec(behind)?.[1];
  }
  return undefined;
}

const BACKSLASH = 0x5c;

/** BigInt throws for `0x`. */
const isQuantity = (hex: string | undefined): hex is string => hex !== undefined && hex.length > 2;
