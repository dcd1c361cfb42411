import { API_VERSION, KIND } from "../../../operator/api/names.ts";
import type { KubeClient } from "../../../operator/kubernetes/kube-client.ts";
import { collectionPath, objectPath, resources } from "../../../operator/kubernetes/resources.ts";
import type { SimulatedConductors } from "./simulated-conductors.ts";

export const SEQUENCERS = 3;
const BUILDERS = 5;
export const LEADER = "sequencer-0";

const CLUSTERS_PER_NAMESPACE = 50;
const WRITERS = 16;
const JWT_SECRET = "6a".repeat(32);

export type FleetMember = { readonly namespace: string; readonly name: string };

/** `count` clusters in namespaces of 50. */
export const fleetOf = (count: number): readonly FleetMember[] =>
  Array.from({ length: count }, (_, index) => ({
    namespace: `bench-${Math.floor(index / CLUSTERS_PER_NAMESPACE)}`,
    name: `chain-${index}`,
  }));

/** Creates namespaces, each cluster's two JWT Secrets and the clusters. */
export async function createFleet(
  client: KubeClient,
  fleet: readonly FleetMember[],
  progress: (done: number) => void,
): Promise<void> {
  for (const name of new Set(fleet.map(({ namespace }) => namespace))) {
    await client.create("/api/v1/namespaces", { metadata: { name } });
  }
  let done = 0;
  await eachOf(fleet, async (member) => {
    const { namespace, name } = member;
    const secrets = collectionPath(resources.secrets, namespace);
    await client.create(secrets, secret(`${name}-engine`, ["jwt.hex"]));
    await client.create(secrets, secret(`${name}-builders`, numbers(BUILDERS).map(builderName)));
    await client.create(collectionPath(resources.clusters, namespace), clusterManifest(member));
    done += 1;
    progress(done);
  });
}

/** Gives the clusters op-conductors. */
export async function addConductors(
  client: KubeClient,
  fleet: readonly FleetMember[],
  conductors: SimulatedConductors,
): Promise<void> {
  await eachOf(fleet, async ({ namespace, name }) => {
    const sequencers = numbers(SEQUENCERS).map((index) => ({
      ...sequencer(name, index),
      conductor: { url: conductors.urlOf(name, sequencerName(index)), raftServerId: sequencerName(index) },
    }));
    await client.mergePatch(objectPath(resources.clusters, namespace, name), { spec: { sequencers } });
  });
}

/** Moves the first builder of a cluster to another address. */
export async function moveBuilder(client: KubeClient, { namespace, name }: FleetMember, url: string): Promise<void> {
  const builders = numbers(BUILDERS).map((index) =>
    index === 0 ? { ...builder(name, index), url } : builder(name, index),
  );
  await client.mergePatch(objectPath(resources.clusters, namespace, name), { spec: { builders } });
}

const clusterManifest = ({ namespace, name }: FleetMember) => ({
  apiVersion: API_VERSION,
  kind: KIND,
  metadata: { namespace, name },
  spec: {
    topology: "OneToOne",
    sequencers: numbers(SEQUENCERS).map((index) => sequencer(name, index)),
    // Three are paired; the other two stand by, as OneToOne gives a sequencer one builder.
    builders: numbers(BUILDERS).map((index) => builder(name, index)),
  },
});

const sequencer = (cluster: string, index: number) => ({
  name: sequencerName(index),
  executionClient: {
    url: `http://op-geth-${index}.${cluster}:8551`,
    rpcUrl: `http://op-geth-${index}.${cluster}:8545`,
    jwtSecretRef: { name: `${cluster}-engine`, key: "jwt.hex" },
  },
  builder: builderName(index),
});

const builder = (cluster: string, index: number) => ({
  name: builderName(index),
  url: `http://rbuilder-${index}.${cluster}:8551`,
  jwtSecretRef: { name: `${cluster}-builders`, key: builderName(index) },
});

const secret = (name: string, keys: readonly string[]) => ({
  metadata: { name },
  stringData: Object.fromEntries(keys.map((key) => [key, JWT_SECRET])),
});

const sequencerName = (index: number): string => `sequencer-${index}`;
const builderName = (index: number): string => `builder-${index}`;
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

async function eachOf<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await act(item);
  };
  await Promise.all(Array.from({ length: WRITERS }, worker));
}
