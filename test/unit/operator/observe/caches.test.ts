import pino from "pino";
import { expect, test } from "vitest";
import type { KubeObject } from "../../../../operator/kubernetes/kube-object.ts";
import { Caches } from "../../../../operator/observe/caches.ts";
import { ManualClock, settled } from "../kit/manual-clock.ts";

const CLUSTER = "rollup-boost.dev/cluster";

test("a change of a child, of a spec or of an annotation touches its cluster; our own status does not", async () => {
  await using world = await startWorld();
  await world.event("pods", child("pod-0", "base", "2"));
  expect(world.takeTouched()).toEqual(["default/base"]);
  await world.event("rollupboostclusters", cluster("3", { generation: 1 }));
  expect(world.takeTouched()).toEqual(["default/base"]);
  await world.event("rollupboostclusters", { ...cluster("4", { generation: 1 }), status: { leader: "sequencer-0" } });
  expect(world.takeTouched()).toEqual([]);
  await world.event("rollupboostclusters", cluster("5", { generation: 1, annotations: { pause: "yes" } }));
  expect(world.takeTouched()).toEqual(["default/base"]);
  await world.event("rollupboostclusters", cluster("6", { generation: 2, annotations: { pause: "yes" } }));
  expect(world.takeTouched()).toEqual(["default/base"]);
});

test("a child that is given to another cluster touches both, and is found with the new one only", async () => {
  await using world = await startWorld();
  await world.event("pods", child("pod-0", "base", "2"));
  await world.event("pods", child("pod-1", "base", "3"));
  world.takeTouched();
  await world.event("pods", child("pod-0", "other", "4"));
  expect(world.takeTouched().toSorted()).toEqual(["default/base", "default/other"]);
  const namesOf = (name: string) =>
    world.caches.select("pods", "default", { [CLUSTER]: name }).map(({ metadata }) => metadata.name);
  expect(namesOf("base")).toEqual(["pod-1"]);
  expect(namesOf("other")).toEqual(["pod-0"]);
});

test("what is watched is told before it starts, and then what is done", async () => {
  await using world = await startWorld();
  expect(world.steps.get("/api/v1/namespaces/default/pods")).toEqual(["list"]);
  await world.event("pods", child("pod-0", "base", "2"));
  expect(world.steps.get("/api/v1/namespaces/default/pods")).toEqual(["list", "event"]);
});

const child = (name: string, of: string, resourceVersion: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "default", uid: name, resourceVersion, labels: { [CLUSTER]: of } },
});

const cluster = (resourceVersion: string, metadata: Partial<KubeObject["metadata"]>): KubeObject => ({
  metadata: { name: "base", namespace: "default", uid: "base", resourceVersion, ...metadata },
});

/** Caches of one namespace, empty at first, and watches in which happens what the test says. */
async function startWorld() {
  const stopping = new AbortController();
  const touched: string[] = [];
  const steps = new Map<string, string[]>();
  const streams = new Map<string, ReadableStreamDefaultController<Uint8Array>>();
  const caches = new Caches(
    { namespaces: ["default"] },
    {
      client: {
        list: async () => ({ apiVersion: "v1", kind: "List", metadata: { resourceVersion: "1" }, items: [] }),
        watch: async (path) =>
          new ReadableStream<Uint8Array>({
            start: (controller) => {
              streams.set(path.split("/").at(-1) ?? "", controller);
            },
          }),
      },
      clock: new ManualClock(),
      log: pino({ level: "silent" }),
      touched: (key) => touched.push(key),
      watching: (path) => {
        const ofPath: string[] = [];
        steps.set(path, ofPath);
        return (step) => ofPath.push(step);
      },
    },
  );
  const running = caches.run(stopping.signal);
  await caches.synced();
  await settled();
  return {
    caches,
    steps,
    takeTouched: (): readonly string[] => touched.splice(0),
    event: async (plural: string, object: object): Promise<void> => {
      streams.get(plural)?.enqueue(Buffer.from(`${JSON.stringify({ type: "MODIFIED", object })}\n`));
      await settled();
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      for (const stream of streams.values()) stream.close();
      await running;
    },
  };
}
