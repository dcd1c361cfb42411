const BUCKETS_KEPT = 1_000;

/** So many at once, then one in each `refillMs`, for each key. Keys that were not seen for longest are forgotten. */
export class TokenBuckets {
  readonly #options: { readonly burst: number; readonly refillMs: number };
  readonly #monotonicMs: () => number;
  readonly #buckets = new Map<string, { readonly tokens: number; readonly atMs: number }>();

  constructor(options: { readonly burst: number; readonly refillMs: number }, monotonicMs: () => number) {
    this.#options = options;
    this.#monotonicMs = monotonicMs;
  }

  /** False: there is none left. */
  take(key: string): boolean {
    const { burst, refillMs } = this.#options;
    const nowMs = this.#monotonicMs();
    const last = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs };
    const tokens = Math.min(burst, last.tokens + (nowMs - last.atMs) / refillMs);
    const hasOne = tokens >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: hasOne ? tokens - 1 : tokens, atMs: nowMs });
    const oldest = this.#buckets.size > BUCKETS_KEPT ? this.#buckets.keys().next().value : undefined;
    if (oldest !== undefined) this.#buckets.delete(oldest);
    return hasOne;
  }
}
