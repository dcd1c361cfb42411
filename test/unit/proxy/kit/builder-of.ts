import { Builder } from "../../../../proxy/builder.ts";
import { BuilderAside } from "../../../../proxy/builder-aside.ts";
import type { Clock } from "../../../../proxy/clock.ts";
import { DaLimit } from "../../../../proxy/da-limit.ts";
import type { Upstream } from "../../../../proxy/engine-api/upstream-client.ts";
import { UpstreamKeys } from "../../../../proxy/engine-api/upstream-keys.ts";

/** A builder whose calls go to the test's own upstream. */
export function builderOf(
  name: string,
  { client, clock }: { readonly client: Upstream; readonly clock: Clock },
): Builder {
  const signer = { header: async () => undefined, otherHeader: async () => undefined, taken: () => {} };
  return new Builder(
    { name, url: `http://${name}:8551`, jwtSecretFile: `${name}.jwt`, forwardTransactions: true },
    {
      client,
      clock,
      keys: new UpstreamKeys({ signer, ca: undefined }),
      aside: new BuilderAside({ client, clock, daLimit: new DaLimit(clock) }),
    },
  );
}
