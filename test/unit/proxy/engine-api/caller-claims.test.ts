import { createSecretKey } from "node:crypto";
import { decodeJwt, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { type CallerClaims, callerClaimsOf } from "../../../../proxy/engine-api/caller-claims.ts";
import { JwtVerifier } from "../../../../proxy/engine-api/jwt.ts";
import { JwtMinter } from "../../../../proxy/engine-api/jwt-minter.ts";
import { ManualClock } from "../kit/manual-clock.ts";

const SECRET = createSecretKey(new Uint8Array(32).fill(7));
const LEADER: CallerClaims = { id: "sequencer-0", leadership: "leader" };

test("what a proxy says of itself reaches the balancer", async () => {
  const clock = new ManualClock();
  const header = await new JwtMinter(
    () => [SECRET],
    clock,
    () => LEADER,
  ).header();
  const verifier = new JwtVerifier(() => [SECRET], clock);
  expect(await verifier.verify(header)).toEqual({ kind: "accepted", caller: LEADER });
  // The second time it comes from what was verified before.
  expect(await verifier.verify(header)).toEqual({ kind: "accepted", caller: LEADER });
});

test("a token is minted anew as soon as leadership changes, and again only then", async () => {
  const clock = new ManualClock();
  let leadership: CallerClaims["leadership"] = "unknown";
  const minter = new JwtMinter(
    () => [SECRET],
    clock,
    () => ({ id: "sequencer-0", leadership }),
  );
  const unknown = await minter.header();
  expect(await minter.header()).toBe(unknown);
  leadership = "leader";
  const leader = await minter.header();
  expect(decodeJwt(leader?.slice("Bearer ".length) ?? "")).toMatchObject({ id: "sequencer-0", leadership: "leader" });
  expect(await minter.header()).toBe(leader);
});

test("to an execution client or builder iat goes alone (E-2)", async () => {
  const clock = new ManualClock();
  const header = await new JwtMinter(() => [SECRET], clock).header();
  expect(decodeJwt(header?.slice("Bearer ".length) ?? "")).toEqual({ iat: Math.floor(clock.nowMs() / 1000) });
});

describe("claims of another shape are unknown, and no reason to refuse the call", () => {
  test.each<[claims: Readonly<Record<string, unknown>>, caller: CallerClaims]>([
    [{}, { id: undefined, leadership: "unknown" }],
    [{ id: "sequencer-0" }, { id: "sequencer-0", leadership: "unknown" }],
    [
      { id: 7, leadership: "king" },
      { id: undefined, leadership: "unknown" },
    ],
    [
      { id: "x".repeat(65), leadership: "leader" },
      { id: undefined, leadership: "leader" },
    ],
    [
      { id: "sequencer-0", leadership: true, clv: "v1" },
      { id: "sequencer-0", leadership: "unknown" },
    ],
  ])("%j", async (claims, caller) => {
    expect(callerClaimsOf(claims)).toEqual(caller);
    const clock = new ManualClock();
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: "HS256" })
      .setIssuedAt(Math.floor(clock.nowMs() / 1000))
      .sign(SECRET);
    const verifier = new JwtVerifier(() => [SECRET], clock);
    expect(await verifier.verify(`Bearer ${token}`)).toEqual({ kind: "accepted", caller });
  });
});
