import { expect, test } from "vitest";
import { resources } from "../../operator/kubernetes/resources.ts";
import { until } from "../devnet/until.ts";
import { refuse } from "./faults/api-proxy.ts";
import type { FaultyApi } from "./faults/faulty-api.ts";
import { watchConfigMaps } from "./faults/watched-config-maps.ts";
import { startWatchedWorld } from "./faults/watched-world.ts";
import { clusterManifest } from "./kit/cluster-manifest.ts";

const CLUSTERS = resources.clusters.plural;
const CONFIG_MAPS = resources.configMaps.plural;

test("a watch ends with half a line", async () => {
  await using world = await startWatchedWorld();
  const { proxy } = world.api;
  world.startOperator();
  await world.expectConverged();

  const broken = proxy.onNextEvent(CLUSTERS, (line, stream) => stream.end(line.subarray(0, line.length / 2)));
  const edited = await world.edit();
  await broken;
  await world.expectConverged(edited);
  expect(proxy.callsOf(CLUSTERS, "list"), "it goes on from where it was").toHaveLength(1);
});

test("a watch says in band that its history is gone (410): everything is listed anew", async () => {
  await using world = await startWatchedWorld();
  const { proxy } = world.api;
  world.startOperator();
  await world.expectConverged();

  const broken = proxy.onNextEvent(CLUSTERS, (_, stream) => stream.end(errorEvent(410)));
  const edited = await world.edit();
  await broken;
  await world.expectConverged(edited);
  expect(proxy.callsOf(CLUSTERS, "list")).toHaveLength(2);
});

test("a watch says in band that the server failed (500): it goes on from where it was", async () => {
  await using world = await startWatchedWorld();
  const { proxy } = world.api;
  world.startOperator();
  await world.expectConverged();

  const broken = proxy.onNextEvent(CLUSTERS, (_, stream) => stream.end(errorEvent(500)));
  const edited = await world.edit();
  await broken;
  await world.expectConverged(edited);
  expect(proxy.callsOf(CLUSTERS, "list")).toHaveLength(1);
});

test("an event that cannot be read is not skipped: everything is listed anew", async () => {
  await using world = await startWatchedWorld();
  const { proxy } = world.api;
  world.startOperator();
  await world.expectConverged();

  const broken = proxy.onNextEvent(CLUSTERS, (_, stream) => stream.write('{"type":"MODIFIED","object":{}}\n'));
  const edited = await world.edit();
  await broken;
  await world.expectConverged(edited);
  expect(proxy.callsOf(CLUSTERS, "list")).toHaveLength(2);
});

test("429 with Retry-After: the API server is left alone for so long, by watches and by writes", async () => {
  await using world = await startWatchedWorld();
  const { proxy } = world.api;
  world.startOperator();
  await world.expectConverged();

  const retryAfterMs = 3_000;
  const refused: Record<string, number> = {};
  const accepted: Record<string, number> = {};
  proxy.rule(({ method, path, query, atMs }, stream) => {
    const isWatch = query.has("watch") && path.endsWith(`/${CLUSTERS}`);
    if (!isWatch && !(method === "PATCH" && path.includes("/configmaps/"))) return false;
    if (method in refused) {
      accepted[method] ??= atMs;
      return false;
    }
    refused[method] = atMs;
    refuse(stream, 429, { "retry-after": String(retryAfterMs / 1_000) });
    return true;
  });
  const broken = proxy.onNextEvent(CLUSTERS, (_, stream) => stream.end());
  const edited = await world.edit();
  await broken;
  await world.expectConverged(edited);
  expect((accepted.GET ?? 0) - (refused.GET ?? 0)).toBeGreaterThanOrEqual(retryAfterMs);
  expect((accepted.PATCH ?? 0) - (refused.PATCH ?? 0)).toBeGreaterThanOrEqual(retryAfterMs);
  expect(proxy.callsOf(CLUSTERS, "list")).toHaveLength(1);
});

test("a watch falls silent on a connection that lives: it is given up and goes on from where it was", async () => {
  await using world = await startWatchedWorld();
  const { space, api } = world;
  await using watched = watchConfigMaps(space, api, { watchInactivityMs: 1_000 });
  await watched.synced;
  const silent = api.proxy.onNextEvent(CONFIG_MAPS, (line, stream) => {
    // From here on nothing leaves.
    stream.cork();
    stream.write(line);
  });
  await space.kubectl("create", "configmap", "unheard");
  await silent;
  await until("the ConfigMap seen", () => watched.changes.find((change) => change.startsWith("added unheard")), 10_000);
  expect(api.proxy.callsOf(CONFIG_MAPS, "list")).toHaveLength(1);
  expect(api.network.accepted).toBe(1);
  await until("one watch", () => (api.proxy.openWatches()[CONFIG_MAPS] === 1 ? true : undefined));
});

test("an object is deleted and made anew while its watch is down: a delete and an add, in this order", async () => {
  await using world = await startWatchedWorld();
  const { space, api } = world;
  await using watched = watchConfigMaps(space, api, {});
  await watched.synced;
  await space.kubectl("create", "configmap", "twice");
  await until("the first", () => (watched.changes.length === 2 ? true : undefined));

  await api.network.refuse();
  historyGone(api, CONFIG_MAPS);
  await space.kubectl("delete", "configmap/twice");
  await space.kubectl("create", "configmap", "twice");
  await api.network.accept();
  await until("the second", () => (watched.changes.length >= 4 ? true : undefined), 10_000);
  const uid = (await space.get(resources.configMaps, "twice"))?.metadata.uid;
  const [first, deleted, added] = watched.changes.filter((change) => change.includes(" twice "));
  expect(deleted).toBe(first?.replace("added", "deleted"));
  expect(added).toBe(`added twice ${uid}`);
});

test("a cluster is deleted and made anew while nobody watches: its children become those of the new one", async () => {
  await using world = await startWatchedWorld();
  const { space, api } = world;
  world.startOperator();
  await world.expectConverged();

  await api.network.refuse();
  historyGone(api, CLUSTERS);
  await space.kubectl("delete", "rbc/base");
  const { metadata } = await space.apply(clusterManifest());
  await api.network.accept();
  for (const resource of [resources.configMaps, resources.deployments, resources.services, resources.secrets]) {
    await until(
      `${resource.kind} of the new cluster`,
      async () => {
        const owners = (await space.get(resource, "base-sequencer-0"))?.metadata.ownerReferences;
        return owners?.[0]?.uid === metadata.uid ? true : undefined;
      },
      30_000,
    );
  }
  await world.expectConverged();
});

/** The next watch of the resource is told that its history is gone, as after a long time away. */
function historyGone({ proxy }: FaultyApi, plural: string): void {
  const stop = proxy.rule(({ path, query }, stream) => {
    if (!query.has("watch") || !path.endsWith(`/${plural}`)) return false;
    stop();
    refuse(stream, 410);
    return true;
  });
}

const errorEvent = (code: number): string =>
  `${JSON.stringify({ type: "ERROR", object: { kind: "Status", apiVersion: "v1", status: "Failure", code, message: "by the test" } })}\n`;
