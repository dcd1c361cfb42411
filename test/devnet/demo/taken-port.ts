import { createServer } from "node:net";
import type { RollupBoostCluster } from "../../../operator/api/cluster.ts";
import { portOf } from "./demo-manifest.ts";

/** A port the demo needs, and what for. */
export type NeededPort = { readonly port: number; readonly what: string; readonly remedy: string };

/** The ports of one proxy, as `standalone --spawn` counts them (three of every ten). */
export const proxyPorts = (basePort: number, index: number) => ({
  engine: basePort + 10 * index,
  rpc: basePort + 10 * index + 1,
  admin: basePort + 10 * index + 2,
});

/** All ports of a demo. */
export function neededPorts({ spec }: RollupBoostCluster, basePort: number): readonly NeededPort[] {
  const inManifest = "change it in test/devnet/demo-cluster.yaml";
  const simulated = [
    ...spec.sequencers.flatMap(({ name, executionClient: { url, rpcUrl }, conductor }) => [
      { port: portOf(url), what: `the execution client of ${name}` },
      { port: portOf(rpcUrl), what: `the execution client of ${name}` },
      ...(conductor === undefined ? [] : [{ port: portOf(conductor.url), what: `the op-conductor of ${name}` }]),
    ]),
    ...spec.builders.map(({ name, url }) => ({ port: portOf(url), what: `the builder ${name}` })),
  ];
  const proxies = spec.sequencers.flatMap(({ name }, index) =>
    Object.values(proxyPorts(basePort, index)).map((port) => ({ port, what: `the proxy of ${name}` })),
  );
  return [
    ...simulated.map((needed) => ({ ...needed, remedy: inManifest })),
    ...proxies.map((needed) => ({ ...needed, remedy: "choose others with --base-port" })),
  ];
}

/** The first port that is taken, as one line that says what to do; undefined when all are free. */
export async function takenPort(needed: readonly NeededPort[]): Promise<string | undefined> {
  for (const { port, what, remedy } of needed) {
    if (await isFree(port)) continue;
    return `port ${port} on 127.0.0.1 is taken; the demo needs it for ${what}. End what listens there, or ${remedy}.`;
  }
  return undefined;
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
