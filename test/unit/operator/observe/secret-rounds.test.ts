import { expect, test } from "vitest";
import { KubeObject } from "../../../../operator/kubernetes/kube-object.ts";
import { SecretReader } from "../../../../operator/observe/secret-reader.ts";
import { SecretRounds } from "../../../../operator/observe/secret-rounds.ts";
import { ManualClock } from "../kit/manual-clock.ts";

test("a Secret that changed or went touches the clusters that name it, once, and is read anew", async () => {
  await using world = startWorld({ shared: "1", other: "1" });
  await world.read("shared", "other");
  world.rounds.follow("ns/a", "ns", ["shared"]);
  world.rounds.follow("ns/b", "ns", ["shared", "other"]);
  await world.pass(20_000);
  expect(world.touched).toEqual([]);

  world.versions.shared = "2";
  await world.pass(11_000);
  expect(world.touched).toEqual(["ns/a", "ns/b"]);
  expect(world.reader.versionOf("ns", "shared")).toBeUndefined();

  await world.read("shared");
  delete world.versions.other;
  await world.pass(11_000);
  expect(world.touched).toEqual(["ns/a", "ns/b", "ns/b"]);

  // Back again.
  await world.read("other");
  world.versions.other = "3";
  await world.pass(11_000);
  expect(world.touched).toEqual(["ns/a", "ns/b", "ns/b", "ns/b"]);
});

test("what nobody names any more is not looked at, nor what was never read", async () => {
  await using world = startWorld({ shared: "1", unread: "1" });
  await world.read("shared");
  world.rounds.follow("ns/a", "ns", ["shared", "unread"]);
  await world.pass(11_000);
  expect(new Set(world.looks)).toEqual(new Set(["shared"]));
  world.rounds.forget("ns/a");
  await world.pass(11_000);
  const before = world.looks.length;
  await world.pass(30_000);
  expect(world.looks.length).toBe(before);
});

test("a thousand Secrets cost twenty looks a second and are all seen in less than a minute", async () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `secret-${index}`);
  await using world = startWorld(Object.fromEntries(names.map((name) => [name, "1"])));
  await world.read(...names);
  world.rounds.follow("ns/a", "ns", names);
  await world.pass(5_000);
  world.looks.length = 0;
  await world.pass(1_000);
  expect(world.looks.length).toBeLessThanOrEqual(20);
  await world.pass(50_000);
  expect(new Set(world.looks).size).toBe(1_000);
});

/** Secrets of one namespace, by name their version, and a clock that the test turns. */
function startWorld(initial: Record<string, string>) {
  const versions: Record<string, string | undefined> = { ...initial };
  const clock = new ManualClock();
  const looks: string[] = [];
  const touched: string[] = [];
  const stopping = new AbortController();
  const get = async (path: string): Promise<KubeObject | undefined> => {
    const name = path.split("/").at(-1) ?? "";
    const resourceVersion = versions[name];
    if (resourceVersion === undefined) return undefined;
    return KubeObject.parse({
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name, namespace: "ns", uid: "u", resourceVersion },
    });
  };
  const getMetadata = async (path: string): Promise<KubeObject | undefined> => {
    looks.push(path.split("/").at(-1) ?? "");
    return await get(path);
  };
  const reader = new SecretReader({ client: { get }, clock });
  const rounds = new SecretRounds({
    client: { getMetadata },
    clock,
    secrets: reader,
    touched: (cluster) => touched.push(cluster),
  });
  const running = rounds.run(stopping.signal);
  return {
    versions,
    reader,
    rounds,
    looks,
    touched,
    read: async (...names: readonly string[]): Promise<void> => {
      for (const name of names) await reader.read("ns", name, 0, stopping.signal);
    },
    pass: async (ms: number): Promise<void> => {
      for (let passed = 0; passed < ms; passed += 25) await clock.advance(25);
    },
    [Symbol.asyncDispose]: async () => {
      stopping.abort();
      await running;
    },
  };
}
