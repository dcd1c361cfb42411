/** Ports of one spawned proxy on 127.0.0.1. */
export type ProxyPorts = { readonly engine: number; readonly rpc: number; readonly admin: number };

/** From one proxy's ports to the next one's. */
const PORTS_PER_PROXY = 10;

/** How many proxies one operator runs as children. */
const PROXIES_MAX = 256;

/**
 * Which ports a proxy has: `base`, +1, +2 for the first sequencer of the manifests, +10 for each further one. Who has
 * ports keeps them while this process runs: op-node points at them, whatever is inserted before it in the manifest.
 */
export class PortBook {
  readonly #basePort: number;
  readonly #slots = new Map<string, number>();

  constructor(basePort: number) {
    this.#basePort = basePort;
  }

  /** The ports of a sequencer; `position` is its number in the manifests, counted from 0. Throws when all are taken. */
  portsOf(key: string, position: number): ProxyPorts {
    const slot = this.#slots.get(key) ?? this.#freeSlot(position);
    this.#slots.set(key, slot);
    const engine = this.#basePort + slot * PORTS_PER_PROXY;
    return { engine, rpc: engine + 1, admin: engine + 2 };
  }

  /** Frees the ports of those that are gone from the manifests. */
  keepOnly(keys: readonly string[]): void {
    for (const key of this.#slots.keys()) if (!keys.includes(key)) this.#slots.delete(key);
  }

  #freeSlot(position: number): number {
    const taken = new Set(this.#slots.values());
    for (let slot = position; slot < PROXIES_MAX; slot++) if (!taken.has(slot)) return slot;
    throw new Error(`more than ${PROXIES_MAX} proxies: run another operator for the rest`);
  }
}
