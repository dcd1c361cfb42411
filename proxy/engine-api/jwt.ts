import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { decodeJwt, decodeProtectedHeader } from "jose";
import type { Clock } from "../clock.ts";
import { type CallerClaims, callerClaimsOf } from "./caller-claims.ts";

/** The 32 bytes of an Engine API secret; a key object, as making one of bytes for each token costs more than the check. */
export type JwtSecret = KeyObject;

/** The execution client refuses an `iat` further away than this (E-2); so do we. */
const IAT_DISTANCE_SECONDS_MAX = 60;

/** op-node makes the same token for every call within one second, and a balancer has several callers. */
const VERIFIED_KEPT = 16;

/** A token's claims, as far as they are read. */
type Claims = { readonly iat: number; readonly exp: number; readonly caller: CallerClaims };

/** Whether a call may come in: who calls, or the text of the 401 in the execution clients' words. */
export type Verified =
  | { readonly kind: "accepted"; readonly caller: CallerClaims }
  | { readonly kind: "refused"; readonly refusal: string };

/** The bytes of 64 hex characters, `0x` and white space around them allowed; undefined for anything else. */
export function parseJwtSecret(text: string): JwtSecret | undefined {
  const hex = text.trim().replace(/^0x/, "");
  return /^[0-9a-fA-F]{64}$/.test(hex) ? createSecretKey(hex, "hex") : undefined;
}

/** Checks inbound tokens as execution clients do (E-2): HS256 only, `iat` within 60 s, `exp` honoured. */
export class JwtVerifier {
  readonly #secrets: () => readonly JwtSecret[];
  readonly #clock: Clock;
  readonly #verified = new Map<string, Claims & { readonly secret: JwtSecret }>();

  constructor(secrets: () => readonly JwtSecret[], clock: Clock) {
    this.#secrets = secrets;
    this.#clock = clock;
  }

  /** Undefined where the header is good; otherwise the text of the 401, in the execution clients' words. */
  refusal(authorization: string | undefined): string | undefined {
    const verified = this.verify(authorization);
    return verified.kind === "refused" ? verified.refusal : undefined;
  }

  /** The same, with what the token says of its caller. */
  verify(authorization: string | undefined): Verified {
    const token = authorization?.match(/^Bearer (\S+)$/)?.[1];
    if (token === undefined) return refused("missing token");
    const now = Math.floor(this.#clock.nowMs() / 1000);
    const secrets = this.#secrets();
    const known = this.#verified.get(token);
    if (known !== undefined && secrets.includes(known.secret)) return verdict(known, now);
    for (const secret of secrets) {
      const claims = verifiedClaims(token, secret);
      if (claims === undefined) continue;
      if (claims.iat === undefined) return refused("missing issued-at");
      const read = { ...claims, iat: claims.iat };
      const verified = verdict(read, now);
      if (verified.kind === "accepted") this.#remember(token, { ...read, secret });
      return verified;
    }
    return refused("invalid token: not signed with this endpoint's JWT secret, or not HS256");
  }

  #remember(token: string, claims: Claims & { readonly secret: JwtSecret }): void {
    const oldest = this.#verified.keys().next();
    if (this.#verified.size >= VERIFIED_KEPT && oldest.done === false) this.#verified.delete(oldest.value);
    this.#verified.set(token, claims);
  }
}

const refused = (refusal: string): Verified => ({ kind: "refused", refusal });

function verdict({ iat, exp, caller }: Claims, now: number): Verified {
  if (now - iat > IAT_DISTANCE_SECONDS_MAX) return refused("stale token");
  if (iat - now > IAT_DISTANCE_SECONDS_MAX) return refused("future token");
  return now >= exp ? refused("token is expired") : { kind: "accepted", caller };
}

/**
 * The claims that count of a token signed with the secret; undefined for any other. jose reads it; the signature is checked
 * here, as jose's own check goes through the thread pool and would add a tenth of a millisecond to every call of op-node.
 * `exp` and `iat` are judged by `verdict`, `nbf` by nobody (E-2).
 */
function verifiedClaims(token: string, secret: JwtSecret) {
  const parts = token.split(".");
  const [header, payload, signature] = parts;
  if (parts.length !== 3 || header === undefined || payload === undefined || signature === undefined) return undefined;
  const expected = createHmac("sha256", secret).update(`${header}.${payload}`).digest();
  const given = Buffer.from(signature, "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  try {
    const { alg, crit } = decodeProtectedHeader(token);
    const payload = decodeJwt(token);
    const { iat, exp = Number.POSITIVE_INFINITY } = payload;
    const isReadable = (iat === undefined || isNumber(iat)) && isNumber(exp);
    return alg === "HS256" && crit === undefined && isReadable
      ? { iat, exp, caller: callerClaimsOf(payload) }
      : undefined;
  } catch {
    return undefined;
  }
}

const isNumber = (claim: unknown): claim is number => typeof claim === "number";
