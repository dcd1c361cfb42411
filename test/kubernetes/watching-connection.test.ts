import { writeFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { connect } from "../../operator/kubernetes/kube-client.ts";
import { isKubeError } from "../../operator/kubernetes/kube-error.ts";
import { resources } from "../../operator/kubernetes/resources.ts";
import { until } from "../devnet/until.ts";
import { refuse } from "./faults/api-proxy.ts";
import { newToken } from "./faults/faulty-api.ts";
import { watchConfigMaps } from "./faults/watched-config-maps.ts";
import { startWatchedWorld } from "./faults/watched-world.ts";
import { secretManifest } from "./kit/cluster-manifest.ts";

const CLUSTERS = resources.clusters.plural;

/** How long after a broken connection the next watch is asked for, at most, where nothing else is wrong. */
const RESUMED_MS = 2_000;

test("an operator at work has one TLS connection and one watch per resource", async () => {
  await using world = await startWatchedWorld();
  world.startOperator();
  await world.expectConverged();
  expect(world.api.network.accepted).toBe(1);
  for (const resource of [resources.clusters, resources.deployments, resources.pods]) {
    expect(world.api.proxy.callsOf(resource.plural, "list")).toHaveLength(1);
  }
});

test("the connection is reset in the middle of an event", async () => {
  await using world = await startWatchedWorld();
  const { proxy, network } = world.api;
  world.startOperator();
  await world.expectConverged();

  const broken = proxy.onNextEvent(CLUSTERS, (line, stream) => {
    stream.write(line.subarray(0, line.length / 2));
    // The half gets there first.
    setTimeout(() => network.reset(), 20);
  });
  const edited = await world.edit();
  await broken;
  await world.expectConverged(edited);
  expect(proxy.callsOf(CLUSTERS, "list"), "it goes on from where it was").toHaveLength(1);
});

test("the first list fails: nothing is written before everything was listed once", async () => {
  await using world = await startWatchedWorld();
  const { proxy } = world.api;
  const failing = new Set<string>([CLUSTERS, resources.pods.plural]);
  const stop = proxy.rule(({ path, query }, stream) => {
    if (query.has("watch") || !failing.has(path.split("/").at(-1) ?? "")) return false;
    refuse(stream, 500);
    return true;
  });
  world.startOperator();
  await until(
    "three lists that failed",
    () => (proxy.callsOf(CLUSTERS, "list").length >= 3 ? true : undefined),
    10_000,
  );
  expect(proxy.calls.filter(({ method, path }) => method === "PATCH" && path.includes("/base"))).toEqual([]);
  stop();
  await world.expectConverged();
});

test("the token is rotated: the new one is used as soon as the old one is refused", async () => {
  await using world = await startWatchedWorld();
  const { space, api } = world;
  await space.apply(secretManifest("first", {}));
  const first = await newToken(space, "first");
  await writeFile(api.tokenFile, first);
  world.startOperator();
  await world.expectConverged();

  // A token file may end with a newline.
  await writeFile(api.tokenFile, `${await newToken(space)}\n`);
  await space.kubectl("delete", "secret/first");
  await until("the old token refused", tokenRefused, 30_000);
  const brokenAtMs = performance.now();
  api.network.reset();
  await world.expectConverged(await world.edit());
  const resumed = api.proxy.callsOf(CLUSTERS, "watch").at(-1);
  expect((resumed?.atMs ?? 0) - brokenAtMs).toBeLessThan(RESUMED_MS);

  async function tokenRefused(): Promise<true | undefined> {
    const client = connect({ kubeconfig: await api.kubeconfigOf("old-token", { token: first }) });
    const error = await client.list("/api/v1/namespaces", {}).catch((refusal: unknown) => refusal);
    await client.close();
    return isKubeError(error, 401) ? true : undefined;
  }
});

test("a connection falls silent but stays open: it is found out and another one is used", async () => {
  await using world = await startWatchedWorld();
  const { network } = world.api;
  world.startOperator();
  await world.expectConverged();
  const forget = network.freeze();
  const edited = await world.edit();
  await until("another connection", () => (network.accepted > 1 ? true : undefined), 40_000);
  await world.written(edited);
  forget();
  await world.expectConverged();
  expect(network.accepted).toBe(2);
});

test("a request that is not answered in its time leaves a suspect connection: the next one takes another", async () => {
  await using world = await startWatchedWorld();
  const { api, space } = world;
  await using watched = watchConfigMaps(space, api, {});
  await until("the watch", () => api.proxy.openWatches()[resources.configMaps.plural]);
  const forget = api.network.freeze();
  const path = `/api/v1/namespaces/${space.namespace}`;
  await expect(watched.client.get(path, AbortSignal.timeout(500))).rejects.toThrow("timeout");
  const asked = await watched.client.get(path, AbortSignal.timeout(2_000));
  expect(asked?.metadata.name).toBe(space.namespace);

  // The watch is on the old one, and hears nothing: it is moved as well.
  await space.kubectl("create", "configmap", "heard");
  await until("the ConfigMap seen", () => watched.changes.find((change) => change.startsWith("added heard")), 20_000);
  forget();
  await until("one connection", () => (api.network.open === 1 ? true : undefined));
});

test("no connection for a while: it goes on when there is one, and misses nothing", async () => {
  await using world = await startWatchedWorld();
  const { network } = world.api;
  world.startOperator();
  await world.expectConverged();
  await network.refuse();
  const edited = await world.edit();
  await network.accept();
  await world.expectConverged(edited);
});
