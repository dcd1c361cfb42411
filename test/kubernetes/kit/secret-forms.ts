/** How the bytes of a secret could show up in a text: as given, in other writings of hex, and in base64 of text or bytes. */
export function secretForms(secret: string): readonly string[] {
  const hex = secret.trim().replace(/^0x/, "");
  const bytes = Buffer.from(hex, "hex");
  // Without padding and without the last characters, which depend on what follows.
  const base64 = (value: Buffer): readonly string[] =>
    (["base64", "base64url"] as const).map((encoding) => value.toString(encoding).replace(/=+$/, "").slice(0, -1));
  const texts = [hex, hex.toUpperCase()];
  return [...texts, ...[bytes, Buffer.from(hex), Buffer.from(`0x${hex}`)].flatMap(base64), [...bytes].join(",")];
}

/** Which of these secrets a text gives away, each by the index it was given with. */
export const secretsIn = (text: string, secrets: readonly string[]): readonly number[] =>
  secrets.flatMap((secret, index) => (secretForms(secret).some((form) => text.includes(form)) ? [index] : []));
