import type { RollupBoostCluster, SequencerSpec } from "../api/cluster.ts";
import { childNameOf } from "../api/names.ts";
import type { PortBook } from "./port-book.ts";
import type { ProxyPlace } from "./sequencer-runner.ts";

/** Where the proxy of a sequencer runs. */
export type PlaceOf = (cluster: string, sequencer: SequencerSpec) => ProxyPlace;

/** Places of every proxy of the manifests: our own ports where we run them (`ports`), else what the manifest says. */
export function placesOf(clusters: readonly RollupBoostCluster[], ports: PortBook | undefined): PlaceOf {
  const keys = clusters.flatMap(({ metadata, spec }) =>
    spec.sequencers.map(({ name }) => childNameOf(metadata.name, name)),
  );
  ports?.keepOnly(keys);
  return (cluster, sequencer) => {
    if (ports === undefined) return { kind: "elsewhere", adminUrl: sequencer.proxy?.url ?? "" };
    const key = childNameOf(cluster, sequencer.name);
    return { kind: "spawned", ports: ports.portsOf(key, keys.indexOf(key)) };
  };
}

/** URLs of a proxy: what op-node's --l2 (engine) and op-conductor's execution.rpc (rpc) point at, as far as we know. */
export const endpointsOf = (place: ProxyPlace): Readonly<Record<string, string>> =>
  place.kind === "elsewhere"
    ? { adminUrl: place.adminUrl }
    : {
        engineUrl: `http://127.0.0.1:${place.ports.engine}`,
        rpcUrl: `http://127.0.0.1:${place.ports.rpc}`,
        adminUrl: `http://127.0.0.1:${place.ports.admin}`,
      };
