import { jwtVerify } from "jose";
import { JOSEError } from "jose/errors";
import type { Clock } from "../clock.ts";

/** The 32 bytes of an Engine API secret. */
export type JwtSecret = Uint8Array;

/** The execution client refuses an `iat` further away than this (E-2); so do we. */
const IAT_DISTANCE_SECONDS_MAX = 60;

/** op-node makes the same token for every call within one second. */
const VERIFIED_KEPT = 8;

/** The bytes of 64 hex characters, `0x` and white space around them allowed; undefined for anything else. */
export function parseJwtSecret(text: string): JwtSecret | undefined {
  const hex = text.trim().replace(/^0x/, "");
  return /^[0-9a-fA-F]{64}$/.test(hex) ? Uint8Array.from(Buffer.from(hex, "hex")) : undefined;
}

/** Checks inbound tokens as execution clients do (E-2): HS256 only, `iat` within 60 s, `exp` honoured. */
export class JwtVerifier {
  readonly #secrets: () => readonly JwtSecret[];
  readonly #clock: Clock;
  readonly #verified = new Map<string, { readonly secret: JwtSecret; readonly iat: number; readonly exp: number }>();

  constructor(secrets: () => readonly JwtSecret[], clock: Clock) {
    this.#secrets = secrets;
    this.#clock = clock;
  }

  /** Undefined where the header is good; otherwise the text of the 401, in the execution clients' words. */
  async refusal(authorization: string | undefined): Promise<string | undefined> {
    const token = authorization?.match(/^Bearer (\S+)$/)?.[1];
    if (token === undefined) return "missing token";
    const now = Math.floor(this.#clock.nowMs() / 1000);
    const secrets = this.#secrets();
    const known = this.#verified.get(token);
    if (known !== undefined && secrets.includes(known.secret)) return staleness(known.iat, known.exp, now);
    for (const secret of secrets) {
      const claims = await verify(token, secret);
      if (claims === undefined) continue;
      if (claims.iat === undefined) return "missing issued-at";
      const refusal = staleness(claims.iat, claims.exp, now);
      if (refusal === undefined) this.#remember(token, { secret, iat: claims.iat, exp: claims.exp });
      return refusal;
    }
    return "invalid token: not signed with this endpoint's JWT secret, or not HS256";
  }

  #remember(token: string, claims: { readonly secret: JwtSecret; readonly iat: number; readonly exp: number }): void {
    const oldest = this.#verified.keys().next();
    if (this.#verified.size >= VERIFIED_KEPT && oldest.done === false) this.#verified.delete(oldest.value);
    this.#verified.set(token, claims);
  }
}

function staleness(iat: number, exp: number, now: number): string | undefined {
  if (now - iat > IAT_DISTANCE_SECONDS_MAX) return "stale token";
  if (iat - now > IAT_DISTANCE_SECONDS_MAX) return "future token";
  return now >= exp ? "token is expired" : undefined;
}

async function verify(token: string, secret: JwtSecret) {
  try {
    // exp and iat are judged by `staleness`, nbf by nobody (E-2): here only the signature counts.
    const { payload } = await jwtVerify(token, secret, {
      algorithms: ["HS256"],
      clockTolerance: Number.MAX_SAFE_INTEGER,
    });
    return { iat: payload.iat, exp: payload.exp ?? Number.POSITIVE_INFINITY };
  } catch (error) {
    if (error instanceof JOSEError) return undefined;
    throw error;
  }
}
