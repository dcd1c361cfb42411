import type { UnsafePayload } from "./execution-payload.ts";
import type { Fork } from "./fork.ts";

/** What a simulated op-node is started with. */
export type OpNodeOptions = {
  readonly name: string;
  /** The proxy's engine port, or an execution client's. */
  readonly engineUrl: string;
  readonly jwtSecret: string;
  /** Default 2000. Timestamps are whole seconds: a multiple of 1000. */
  readonly blockTimeMs?: number;
  /** Default jovian, as the execution client's. */
  readonly fork?: Fork;
  /** Its own op-conductor; without one it commits to nobody. */
  readonly conductorUrl?: string;
  /** Hands a sealed block to the peers; resolves when they have taken it in or failed to. */
  readonly gossip?: (payload: UnsafePayload) => Promise<void>;
};
