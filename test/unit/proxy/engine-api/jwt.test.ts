import { createHmac, createSecretKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { type JwtSecret, JwtVerifier, parseJwtSecret } from "../../../../proxy/engine-api/jwt.ts";
import { JwtMinter } from "../../../../proxy/engine-api/jwt-minter.ts";
import { ManualClock } from "../kit/manual-clock.ts";

const NOW_S = 1_800_000_000;
const secretOf = (byte: number): JwtSecret => createSecretKey(new Uint8Array(32).fill(byte));

/** A token made by hand. */
function token(claims: object, { secret = secretOf(1), alg = "HS256", hash = "sha256" } = {}): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg, typ: "JWT" })}.${part(claims)}`;
  return `${signed}.${alg === "none" ? "" : createHmac(hash, secret).update(signed).digest("base64url")}`;
}

const verifier = (secrets: readonly JwtSecret[] = [secretOf(1)], clock = new ManualClock(NOW_S * 1_000)) =>
  new JwtVerifier(() => secrets, clock);

const refusal = (header: string | undefined) => verifier().refusal(header);
const refusalOfClaims = (claims: object) => refusal(`Bearer ${token(claims)}`);

describe("inbound tokens as execution clients judge them (E-2)", () => {
  test.each([
    ["now", { iat: NOW_S }, undefined],
    ["60 s old", { iat: NOW_S - 60 }, undefined],
    ["60 s ahead", { iat: NOW_S + 60 }, undefined],
    ["61 s old", { iat: NOW_S - 61 }, "stale token"],
    ["61 s ahead", { iat: NOW_S + 61 }, "future token"],
    ["no iat", {}, "missing issued-at"],
    ["an exp to come", { iat: NOW_S, exp: NOW_S + 1 }, undefined],
    ["an exp gone", { iat: NOW_S, exp: NOW_S }, "token is expired"],
    ["an exp long gone", { iat: NOW_S, exp: NOW_S - 30 }, "token is expired"],
    ["other claims are ignored", { iat: NOW_S, id: "sequencer-0", aud: "x", iss: "y" }, undefined],
    ["nbf is another claim", { iat: NOW_S, nbf: NOW_S + 30 }, undefined],
  ])("%s", async (_, claims, expected) => {
    expect(refusalOfClaims(claims)).toBe(expected);
  });

  test.each([
    ["no header", undefined, "missing token"],
    ["an empty one", "", "missing token"],
    ["another scheme", `Basic ${token({ iat: NOW_S })}`, "missing token"],
    ["no token", "Bearer ", "missing token"],
    ["two tokens", `Bearer ${token({ iat: NOW_S })} ${token({ iat: NOW_S })}`, "missing token"],
  ])("%s", async (_, header, expected) => {
    expect(refusal(header)).toBe(expected);
  });

  test.each([
    ["another secret", token({ iat: NOW_S }, { secret: secretOf(2) })],
    ["alg none", token({ iat: NOW_S }, { alg: "none" })],
    ["HS512", token({ iat: NOW_S }, { alg: "HS512", hash: "sha512" })],
    ["HS384", token({ iat: NOW_S }, { alg: "HS384", hash: "sha384" })],
    ["an iat that is a text", token({ iat: "now" })],
    ["an exp that is a text", token({ iat: NOW_S, exp: "never" })],
    ["a claim list that is no object", token([NOW_S])],
    ["half a token", token({ iat: NOW_S }).slice(0, -10)],
    ["no token at all", "garbage"],
    ["dots", ".."],
  ])("%s", async (_, given) => {
    expect(refusal(`Bearer ${given}`)).toMatch(/^invalid token/);
  });

  test("while there is no secret no token is good", async () => {
    expect(verifier([]).refusal(`Bearer ${token({ iat: NOW_S })}`)).toMatch(/^invalid token/);
  });

  test("a token known to be good still grows old, and goes with its secret", async () => {
    const clock = new ManualClock(NOW_S * 1_000);
    let secrets: readonly JwtSecret[] = [secretOf(2), secretOf(1)];
    const judge = new JwtVerifier(() => secrets, clock);
    const old = `Bearer ${token({ iat: NOW_S })}`;
    const ending = `Bearer ${token({ iat: NOW_S, exp: NOW_S + 5 })}`;
    expect([judge.refusal(old), judge.refusal(ending)]).toEqual([undefined, undefined]);
    clock.advance(5_000);
    expect([judge.refusal(old), judge.refusal(ending)]).toEqual([undefined, "token is expired"]);
    clock.advance(56_000);
    expect(judge.refusal(old)).toBe("stale token");
    const fresh = `Bearer ${token({ iat: NOW_S + 61 })}`;
    expect(judge.refusal(fresh)).toBeUndefined();
    secrets = [secretOf(2)];
    expect(judge.refusal(fresh)).toMatch(/^invalid token/);
  });
});

describe("outbound tokens", () => {
  test("one is used for ten seconds, then there is a new one; its only claim is iat", async () => {
    const clock = new ManualClock(NOW_S * 1_000);
    const minter = new JwtMinter(() => [MINTED_WITH], clock);
    const first = await minter.header();
    clock.advance(9_999);
    expect(await minter.header()).toBe(first);
    clock.advance(1);
    const second = await minter.header();
    expect(second).not.toBe(first);
    expect(JSON.parse(Buffer.from(second?.split(".")[1] ?? "", "base64url").toString())).toEqual({ iat: NOW_S + 10 });
    expect(verifier([MINTED_WITH], clock).refusal(second)).toBeUndefined();
  });

  test("a new secret and a clock set back make a new one at once; no secret, no token", async () => {
    const clock = new ManualClock(NOW_S * 1_000);
    let secret: JwtSecret | undefined = secretOf(1);
    const minter = new JwtMinter(() => (secret === undefined ? [] : [secret]), clock);
    const first = await minter.header();
    clock.setWallClock(-3_600_000);
    const back = await minter.header();
    expect(back).not.toBe(first);
    secret = secretOf(2);
    expect(await minter.header()).not.toBe(back);
    secret = undefined;
    expect(await minter.header()).toBeUndefined();
  });
});

const MINTED_WITH = secretOf(3);

test.each([
  ["64 hex characters", "ab".repeat(32), true],
  ["0x and a new line", `0x${"AB".repeat(32)}\n`, true],
  ["63", "a".repeat(63), false],
  ["65", "a".repeat(65), false],
  ["no hex", "g".repeat(64), false],
  ["two lines", `${"ab".repeat(16)}\n${"ab".repeat(16)}`, false],
  ["nothing", "", false],
])("a secret of %s", (_, text, good) => {
  expect(parseJwtSecret(text) !== undefined).toBe(good);
});
