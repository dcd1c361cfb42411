import { Builder } from "../../../../proxy/builder.ts";
import { BuilderAside } from "../../../../proxy/builder-aside.ts";
import type { Clock } from "../../../../proxy/clock.ts";
import { DaLimit } from "../../../../proxy/da-limit.ts";
import type { Upstream } from "../../../../proxy/engine-api/upstream-client.ts";
import { UpstreamKeys } from "../../../../proxy/engine-api/upstream-keys.ts";
import type { Observed } from "../../../../proxy/health/state-change.ts";

/** A builder whose calls go to the test's own upstream. */
export function builderOf(
  name: string,
  given: {
    readonly client: Upstream;
    readonly clock: Clock;
    readonly daLimit?: DaLimit;
    readonly isBalancer?: boolean;
    readonly observe?: (observed: Observed) => void;
  },
): Builder {
  const { client, clock, daLimit, isBalancer = false, observe } = given;
  const signer = { header: async () => undefined, otherHeader: async () => undefined, taken: () => {} };
  return new Builder(
    { name, url: `http://${name}:8551`, jwtSecretFile: `${name}.jwt`, forwardTransactions: true },
    {
      client,
      clock,
      isBalancer,
      observe,
      keys: new UpstreamKeys({ signer, ca: undefined }),
      aside: new BuilderAside({ client, limits: client, clock, daLimit: daLimit ?? new DaLimit(clock) }),
    },
  );
}
