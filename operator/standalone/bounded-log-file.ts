import { appendFileSync, mkdirSync, renameSync, statSync } from "node:fs";
import { dirname } from "node:path";

/** A file and the one before: a proxy that runs for years fills no disk. */
const LOG_BYTES_MAX = 8 * 1024 * 1024;

/** Appends to a file; at 8 MiB it becomes `<file>.1` and a new one begins. A full disk loses log lines, nothing else. */
export class BoundedLogFile {
  readonly #path: string;
  #bytes: number;

  constructor(path: string) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    this.#path = path;
    this.#bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }

  append(chunk: Buffer): void {
    try {
      if (this.#bytes + chunk.length > LOG_BYTES_MAX) {
        renameSync(this.#path, `${this.#path}.1`);
        this.#bytes = 0;
      }
      appendFileSync(this.#path, chunk, { mode: 0o600 });
      this.#bytes += chunk.length;
    } catch {
      // The proxy must never block on its log.
    }
  }
}
