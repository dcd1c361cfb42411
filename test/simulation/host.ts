import type { CallerClaims } from "../../proxy/engine-api/caller-claims.ts";
import type { ForkRules } from "../devnet/fork.ts";
import type { Dice } from "./dice.ts";
import type { SimulatedClient } from "./simulated-client.ts";
import type { CallFault, Weather } from "./upstream-faults.ts";

/** Whoever can be connected to. */
type Addressee = {
  readonly name: string;
  readonly isBuilder: boolean;
  readonly dice: Dice;
  weather: Weather;
  /** What the next call of such a method meets, whatever the weather. */
  forced: { readonly method: string; readonly fault: CallFault } | undefined;
};

/** One upstream of the world, whoever is connected to it. */
export type Party = Addressee & { readonly client: SimulatedClient; readonly rules: ForkRules };

/** A balancer of the world. */
export type BalancerHost = Addressee & {
  /** Its answer; undefined where its process ended meanwhile. */
  readonly serve: (body: Buffer, caller: CallerClaims) => Promise<Buffer | undefined>;
};

export type Host = Party | BalancerHost;
