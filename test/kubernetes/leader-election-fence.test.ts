import { expect, test } from "vitest";
import { objectPath, resources } from "../../operator/kubernetes/resources.ts";
import { type FaultyApi, startFaultyApi } from "./faults/faulty-api.ts";
import { startLeaseWorld } from "./kit/lease-world.ts";
import type { OperatorProcess } from "./kit/operator-process.ts";
import { startRecordedProxies } from "./kit/recorded-proxies.ts";

test("the holder frozen while it waits for a proxy: what it planned from the answer is not written when it wakes", async () => {
  await using world = await startWorld();
  const { first, second, proxies } = world;
  const held = proxies.holdNextStatus("sequencer-0");
  const letGo = await world.freezeIn(held, { timing: { builderDeadlineMs: 111 } });
  await world.takenOver(second);
  await world.settled();
  letGo();
  await world.expectNothingMoreOf(first);
});

test("the holder frozen while it writes a revision: that is not pushed over what the other wrote since", async () => {
  await using world = await startWorld();
  const { first, second, api, proxies } = world;
  const held = api.proxy.holdNextAnswer(
    ({ method, path }) => method === "PATCH" && path.endsWith("/configmaps/base-sequencer-0"),
  );
  const letGo = await world.freezeIn(held, { timing: { builderDeadlineMs: 111 } });
  await world.takenOver(second);
  await world.settled();
  expect(proxies.pushes).toContain("sequencer-0 revision 3");
  letGo();
  await world.expectNothingMoreOf(first);
});

test("the holder frozen while it writes children: it goes on to none of the others when it wakes", async () => {
  await using world = await startWorld();
  const { first, second, api } = world;
  const held = api.proxy.holdNextAnswer(
    ({ method, path }) => method === "PATCH" && path.endsWith("/deployments/base-sequencer-0"),
  );
  const letGo = await world.freezeIn(held, { proxy: { resources: { limits: { memory: "111Mi" } } } });
  await world.patch({ proxy: { resources: { limits: { memory: "222Mi" } } } });
  await world.takenOver(second);
  await world.settled();
  letGo();
  await world.expectNothingMoreOf(first);
});

test("the holder's connection open but silent: the other acts, and the holder ends without another write", async () => {
  await using world = await startWorld();
  const { first, second, api, proxies } = world;
  const forget = api.network.silence();
  const callsBefore = api.proxy.calls.length;
  // Its watches tell it nothing of this any more.
  await world.takenOver(second);
  await world.settled();
  const before = { objects: await world.objects(), pushes: [...proxies.pushes] };
  expect(await first.ended).toBe("exit code 1");
  expect(await first.log()).toContain("was not renewed");

  forget();
  await world.settled();
  expect(writesSince(api, callsBefore)).toEqual([]);
  expect({ objects: await world.objects(), pushes: proxies.pushes }).toEqual(before);
  expect(await world.holder()).toMatch(new RegExp(`^${second.name}_`));
});

/** Two replicas; the first holds the lease, and reaches the API server through `api` only. */
async function startWorld() {
  const stack = new AsyncDisposableStack();
  const world = stack.use(await startLeaseWorld(startRecordedProxies));
  const api = stack.use(await startFaultyApi(world.space));
  const { first, second } = await world.startBoth({ first: { kubeconfig: api.kubeconfig } });
  await world.settled();
  const { proxies } = world;
  return {
    ...world,
    api,
    first,
    second,
    /**
     * Edits the spec, and freezes the holder as soon as `held` says that it waits. It waits for a renewal of its lease too,
     * so that on waking it finds out about the lease only after all that was to be done at once.
     */
    freezeIn: async (held: Promise<() => void>, spec: object): Promise<() => void> => {
      await api.proxy.holdNextAnswer(({ method, path }) => method === "PUT" && path.includes("/leases/"));
      const path = objectPath(resources.clusters, world.space.namespace, "base");
      await world.space.client.mergePatch(path, { spec });
      const letGo = await held;
      first.signal("SIGSTOP");
      return letGo;
    },
    /** What a frozen one waited for has come by now: wakes it, and fails unless it ends without a write or a push. */
    expectNothingMoreOf: async (frozen: OperatorProcess): Promise<void> => {
      const before = { objects: await world.objects(), pushes: [...proxies.pushes] };
      const callsBefore = api.proxy.calls.length;
      frozen.signal("SIGCONT");
      expect(await frozen.ended).toBe("exit code 1");
      await world.settled();
      expect(writesSince(api, callsBefore)).toEqual([]);
      expect({ objects: await world.objects(), pushes: proxies.pushes }).toEqual(before);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Also those that were given up before they were answered; a renewal of the lease that came too late was refused. */
const writesSince = ({ proxy }: FaultyApi, count: number): readonly string[] =>
  proxy.calls
    .slice(count)
    .filter(({ method, path }) => method !== "GET" && !path.includes("/leases/"))
    .map(({ method, path }) => `${method} ${path}`);
