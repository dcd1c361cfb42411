import { readFileSync } from "node:fs";
import type { Clock } from "../clock.ts";
import { type JwtSecret, parseJwtSecret } from "./jwt.ts";
import { WatchedFile } from "./watched-file.ts";

/** A secret has 64 characters. */
const SECRET_FILE_BYTES_MAX = 4_096;

/** How long tokens of the secret before stay valid: op-node may be restarted with the new one a little later. */
export const OVERLAP_MS = 300_000;

/** Ending of the file beside it that holds the secret before. */
const PREVIOUS_SUFFIX = ".previous";

/** Where a JWT secret comes from. */
export type JwtSecretSource = Pick<JwtSecretFile, "known" | "accepted" | "problem" | "forget">;

/** A secret that was given as such and is kept nowhere but here. */
export const givenSecret = (secret: JwtSecret): JwtSecretSource => ({
  known: () => [secret],
  accepted: () => [secret],
  problem: () => undefined,
  forget: () => {},
});

/** A JWT secret in a file: read at once, and again when it changes. A missing or bad file keeps the last good secret. */
export class JwtSecretFile {
  readonly path: string;
  readonly #clock: Clock;
  readonly #file: WatchedFile;
  #secret: JwtSecret | undefined;
  #before: { readonly secret: JwtSecret; readonly untilMs: number } | undefined;
  #problem: string | undefined = "not read yet";

  constructor(path: string, clock: Clock) {
    this.path = path;
    this.#clock = clock;
    this.#file = new WatchedFile(path, { clock, bytesMax: SECRET_FILE_BYTES_MAX });
    // At once, so that a change before the first call finds what it replaced.
    this.#lookAgain();
  }

  /**
   * The secret now, then the one before it: what outbound tokens may be signed with. Without a bound in time, as an
   * execution client or builder takes up its new secret only when it is restarted.
   */
  known(): readonly JwtSecret[] {
    this.#lookAgain();
    return [this.#secret, this.#before?.secret].filter((secret) => secret !== undefined);
  }

  /** The secret now and, for the overlap, the one before: what inbound tokens may be signed with. */
  accepted(): readonly JwtSecret[] {
    this.#lookAgain();
    const before =
      this.#before !== undefined && this.#clock.monotonicMs() < this.#before.untilMs ? [this.#before.secret] : [];
    return this.#secret === undefined ? before : [this.#secret, ...before];
  }

  /** What is wrong with the file, without its content; undefined when all is well. */
  problem(): string | undefined {
    this.#lookAgain();
    return this.#problem;
  }

  /** The next use reads the file again. */
  forget(): void {
    this.#file.forget();
  }

  #lookAgain(): void {
    const look = this.#file.look();
    if (look.kind === "changed") this.#take(parseJwtSecret(look.text), this.#clock.monotonicMs());
    else if (look.kind === "unreadable") this.#problem = `${this.path}: cannot be read; mount the JWT secret there`;
  }

  /** The secret before, as the operator keeps it beside the file for a proxy that starts in the middle of a rotation. */
  #previous(): JwtSecret | undefined {
    try {
      return parseJwtSecret(readFileSync(`${this.path}${PREVIOUS_SUFFIX}`, "utf8"));
    } catch {
      return undefined;
    }
  }

  #take(secret: JwtSecret | undefined, now: number): void {
    if (secret === undefined) {
      this.#problem = `${this.path}: not a JWT secret; it must hold 64 hex characters`;
      return;
    }
    this.#problem = undefined;
    if (this.#secret?.equals(secret) === true) return;
    const before = this.#secret ?? this.#previous();
    if (before !== undefined) this.#before = { secret: before, untilMs: now + OVERLAP_MS };
    this.#secret = secret;
  }
}
