import { readFileSync, statSync } from "node:fs";
import type { Clock } from "../clock.ts";

/**
 * How often a file is looked at. By its status and not by the system's notices, which get lost where Kubernetes swaps a
 * mounted folder by a link, where an editor puts another file under the name, and on network file systems.
 */
export const LOOK_AGAIN_MS = 1_000;

/** What a look found. `same`: nothing to read, as it was read before and has not changed, or was looked at just now. */
export type Look =
  | { readonly kind: "same" }
  | { readonly kind: "changed"; readonly text: string }
  | { readonly kind: "unreadable" };

/** A small text file that somebody else may replace at any time. */
export class WatchedFile {
  readonly path: string;
  readonly #clock: Clock;
  readonly #bytesMax: number;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #changedAt: string | undefined;

  constructor(path: string, { clock, bytesMax }: { readonly clock: Clock; readonly bytesMax: number }) {
    this.path = path;
    this.#clock = clock;
    this.#bytesMax = bytesMax;
  }

  /** The text where it is new; at most one look in `LOOK_AGAIN_MS`. Larger than `bytesMax` is unreadable. */
  look(): Look {
    return this.#clock.monotonicMs() - this.#lookedAtMs < LOOK_AGAIN_MS ? { kind: "same" } : this.lookNow();
  }

  /** The same, whenever it was looked at last. */
  lookNow(): Look {
    this.#lookedAtMs = this.#clock.monotonicMs();
    try {
      const { mtimeMs, ino, size } = statSync(this.path);
      const changedAt = `${mtimeMs}/${ino}/${size}`;
      if (changedAt === this.#changedAt) return { kind: "same" };
      if (size > this.#bytesMax) return this.#unreadable();
      const text = readFileSync(this.path, "utf8");
      this.#changedAt = changedAt;
      return { kind: "changed", text };
    } catch {
      return this.#unreadable();
    }
  }

  /** The next look reads the file, whenever it was looked at last. */
  forget(): void {
    this.#lookedAtMs = Number.NEGATIVE_INFINITY;
    this.#changedAt = undefined;
  }

  #unreadable(): Look {
    this.#changedAt = undefined;
    return { kind: "unreadable" };
  }
}
