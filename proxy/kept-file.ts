import { open, readFile, rename } from "node:fs/promises";
import { basename } from "node:path";
import { byDeadline, type Clock } from "./clock.ts";

/** What stands in a kept file. `unreadable`: there is one, and it tells nothing. */
export type KeptDocument =
  | { readonly kind: "document"; readonly document: unknown }
  | { readonly kind: "none" }
  | { readonly kind: "unreadable"; readonly problem: string };

/** A disk that hangs must not hold an answer: the operator waits two seconds for one. */
const WRITE_TIMEOUT_MS = 1_000;

/** A JSON document on the pod's scratch volume. */
export class KeptFile {
  readonly #path: string;
  readonly #clock: Clock;
  #last: Promise<unknown> = Promise.resolve();

  constructor(path: string, clock: Clock) {
    this.#path = path;
    this.#clock = clock;
  }

  /** What is kept. Never rejects. */
  async read(): Promise<KeptDocument> {
    try {
      return { kind: "document", document: JSON.parse(await readFile(this.#path, "utf8")) };
    } catch (error) {
      const isNone = codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
      return isNone ? { kind: "none" } : { kind: "unreadable", problem: this.#problem(error) };
    }
  }

  /**
   * Writes the document so that a crash leaves either the old or the new one, writes in the order of their calls. What is
   * wrong where it is not on disk, a full or hanging disk in a second at most; undefined where it is. Never rejects.
   */
  write(document: unknown): Promise<string | undefined> {
    const written = this.#last.then(() => this.#replace(document));
    this.#last = written;
    const deadline = { atMs: this.#clock.monotonicMs() + WRITE_TIMEOUT_MS };
    return byDeadline(this.#clock, deadline, written, `${basename(this.#path)} is not written within a second`);
  }

  async #replace(document: unknown): Promise<string | undefined> {
    const next = `${this.#path}.next`;
    try {
      const file = await open(next, "w", 0o600);
      try {
        await file.writeFile(JSON.stringify(document));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(next, this.#path);
      return undefined;
    } catch (error) {
      return this.#problem(error);
    }
  }

  #problem(error: unknown): string {
    return `${basename(this.#path)} in the state folder: ${codeOf(error) ?? "not JSON"}`;
  }
}

const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
