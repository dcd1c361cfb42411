import { SignJWT } from "jose";
import type { Clock } from "../clock.ts";
import type { CallerClaims } from "./caller-claims.ts";
import type { JwtSecret } from "./jwt.ts";

/** How long a minted token is used again: far from the 60 s an execution client allows (E-2), also where clocks differ. */
const MINTED_FOR_SECONDS = 10;

/** One of each secret of a rotation. */
const MINTED_KEPT = 2;

type Minted = {
  readonly secret: JwtSecret;
  readonly claims: CallerClaims | undefined;
  readonly iat: number;
  readonly header: string;
};

/**
 * Mints HS256 tokens with `iat` (E-2), for a balancer also with who calls; one for all calls of some seconds. In a rotation
 * the upstream may still have the secret before the newest: whichever it took last is used first.
 */
export class JwtMinter {
  readonly #secrets: () => readonly JwtSecret[];
  readonly #clock: Clock;
  readonly #claims: (() => CallerClaims) | undefined;
  #minted: readonly Minted[] = [];
  #refused: JwtSecret | undefined;

  /** `secrets`: the newest first, then the one before it if there was one; empty while the file is missing or malformed. */
  constructor(secrets: () => readonly JwtSecret[], clock: Clock, claims?: () => CallerClaims) {
    this.#claims = claims;
    this.#secrets = secrets;
    this.#clock = clock;
  }

  /** `Bearer …`, or undefined while the secret's file is missing or malformed. */
  async header(): Promise<string | undefined> {
    const [newest, before] = this.#secrets();
    const secret = before !== undefined && newest === this.#refused ? before : newest;
    return secret === undefined ? undefined : await this.#mint(secret);
  }

  /** What to try once where the upstream answered 401 to `refused`; undefined: there is no other secret. */
  async otherHeader(refused: string): Promise<string | undefined> {
    const refusedSecret = this.#minted.find(({ header }) => header === refused)?.secret;
    const other = this.#secrets().find((secret) => secret !== refusedSecret);
    return refusedSecret === undefined || other === undefined ? undefined : await this.#mint(other);
  }

  /** The upstream took `header` where it had refused the other one. */
  taken(header: string): void {
    const secret = this.#minted.find((minted) => minted.header === header)?.secret;
    const [newest] = this.#secrets();
    this.#refused = secret === newest ? undefined : newest;
  }

  async #mint(secret: JwtSecret): Promise<string> {
    const iat = Math.floor(this.#clock.nowMs() / 1000);
    const claims = this.#claims?.();
    const kept = this.#minted.find((minted) => minted.secret === secret && isSame(minted.claims, claims));
    if (kept !== undefined && iat >= kept.iat && iat - kept.iat < MINTED_FOR_SECONDS) return kept.header;
    const token = await new SignJWT({ ...claims })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setIssuedAt(iat)
      .sign(secret);
    const header = `Bearer ${token}`;
    const others = this.#minted.filter((minted) => minted.secret !== secret);
    this.#minted = [{ secret, claims, iat, header }, ...others].slice(0, MINTED_KEPT);
    return header;
  }
}

const isSame = (a: CallerClaims | undefined, b: CallerClaims | undefined): boolean =>
  a?.id === b?.id && a?.leadership === b?.leadership;
