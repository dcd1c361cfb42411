import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { resources } from "../../operator/kubernetes/resources.ts";
import { until as untilWithin } from "../devnet/until.ts";
import { conditionOf } from "./kit/conditions.ts";
import { startOutdatedProxy } from "./kit/outdated-proxy.ts";
import { statusOf } from "./kit/proxy-status.ts";
import { startRevisionWorld } from "./kit/revision-world.ts";
import type { RunningPod } from "./kit/running-pod.ts";
import { writtenDocument } from "./kit/written-document.ts";

/** Ends as soon as it is so: the machine may be busy. */
const until = <T>(what: string, read: () => T | undefined | Promise<T | undefined>): Promise<T> =>
  untilWithin(what, read, 30_000);

const CHILDREN = ["base-sequencer-0", "base-sequencer-1"];

test("two operators at once: each change is written once, no revision goes back, and all end on one document", async () => {
  await using world = await startRevisionWorld({ operators: 2 });
  const { space } = world;
  const edits = 12;
  const revisions = new Map<string, number[]>();
  const watching = new AbortController();
  const watched = (async () => {
    while (!watching.signal.aborted) {
      for (const pod of world.pods()) {
        const status = await statusOf(pod).catch(() => undefined);
        if (status !== undefined) revisions.set(pod.name, [...(revisions.get(pod.name) ?? []), status.revision]);
      }
      await sleep(10);
    }
  })();
  for (let edit = 1; edit <= edits; edit += 1) await world.setDeadline(100 + edit);
  await world.ready();
  watching.abort();
  await watched;

  for (const name of CHILDREN) {
    const written = await writtenDocument(space, name);
    expect(written).toMatchObject({ revision: 1 + edits, timing: { builderDeadlineMs: 100 + edits } });
    expect(await world.podOf(name).keptDocument()).toEqual(written);
  }
  expect(revisions.size).toBe(2);
  for (const seen of revisions.values()) expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  // One of them made the admin tokens, and the other one uses them.
  const log = world.logs.map(({ text }) => text()).join("");
  expect(log).not.toContain("refused the admin token");
  // They did race: the API server refused what was planned on a ConfigMap that had changed since.
  expect(log).toMatch(/configmaps\/base-sequencer-\d\S*: 409 Conflict/);
});

test("a ConfigMap deleted while running: the revision goes on above what the proxies run, or ran when last heard of", async () => {
  await using world = await startRevisionWorld();
  const { space } = world;
  await world.setDeadline(101);
  await world.ready();
  const before = world.processes();
  world.pause(world.podOf("base-sequencer-1"));
  await until("the operator misses the proxy", async () =>
    (await world.row("sequencer-1"))?.confirmedRevision === undefined ? true : undefined,
  );

  await space.kubectl("delete", "configmap", ...CHILDREN);
  await until("both written again", async () => {
    const [first, second] = await Promise.all(CHILDREN.map((name) => writtenDocument(space, name)));
    return first?.revision === 3 && second?.revision === 3 ? true : undefined;
  });
  world.resume(world.podOf("base-sequencer-1"));
  await world.ready();
  for (const pod of world.pods()) expect(await statusOf(pod)).toMatchObject({ revision: 3 });
  expect(world.processes()).toEqual(before);
});

test("a proxy restarted between write and push gets what was written", async () => {
  await using world = await startRevisionWorld();
  const pod = world.podOf("base-sequencer-0");
  world.pause(pod);
  await world.setMode("disabled");
  await until("written", async () =>
    (await writtenDocument(world.space, "base-sequencer-0"))?.revision === 2 ? true : undefined,
  );
  expect(await world.row("sequencer-0")).not.toMatchObject({ confirmedRevision: 2 });
  process.kill(pod.pid ?? 0, "SIGKILL");

  await until("the new process runs it", async () => {
    const status = await statusOf(pod).catch(() => undefined);
    return status?.revision === 2 && status.executionMode === "disabled" ? true : undefined;
  });
  await world.ready();
  // It did come back with the old one.
  const log = await readFile(pod.logFile, "utf8");
  const started = log.split("\n").filter((line) => line.includes('"config running"'));
  expect(started.map((line) => JSON.parse(line).revision)).toEqual([1, 1, 2]);
});

test("a proxy that cannot be reached is shown as not confirmed, the others go on, and it follows when it is back", async () => {
  await using world = await startRevisionWorld();
  const pod = world.podOf("base-sequencer-0");
  world.pause(pod);
  const startedMs = performance.now();
  await world.setMode("disabled");
  await until("the other one closed", async () =>
    (await statusOf(world.podOf("base-sequencer-1"))).executionMode === "disabled" ? true : undefined,
  );
  expect(performance.now() - startedMs).toBeLessThan(5_000);
  await until("the status says so", async () => {
    const [gone, other] = [await world.row("sequencer-0"), await world.row("sequencer-1")];
    return gone?.desiredRevision === 2 && other?.confirmedRevision === 2 && gone.confirmedRevision === undefined
      ? true
      : undefined;
  });
  expect((await world.row("sequencer-0"))?.problem).toContain(`${pod.name}: its admin port gave no answer`);
  expect(conditionOf(await world.cluster(), "Ready")).toMatchObject({ status: "False" });

  world.resume(pod);
  await world.ready();
  expect(await statusOf(pod)).toMatchObject({ revision: 2, executionMode: "disabled" });
  expect(await world.row("sequencer-0")).toMatchObject({ confirmedRevision: 2 });
});

test("a surging and a terminating pod get every document too, and each one's confirmation counts", async () => {
  await using world = await startRevisionWorld();
  const { space } = world;
  const old = world.podOf("base-sequencer-0");
  await world.hold(old);
  await space.kubectl("patch", "rbc/base", "--type=merge", "-p", '{"spec":{"proxy":{"image":"proxy:next"}}}');
  const next = await until("the new pod beside the old one", () =>
    world.pods().find(({ name, image }) => name.startsWith("base-sequencer-0-") && image === "proxy:next"),
  );
  await until("the old one terminating", async () =>
    (await space.get(resources.pods, old.name))?.metadata.deletionTimestamp === undefined ? undefined : true,
  );
  await world.ready();

  const written = async (): Promise<number | undefined> => (await writtenDocument(space, "base-sequencer-0"))?.revision;
  const run = async (...pods: readonly RunningPod[]): Promise<true | undefined> => {
    const [revision, ...statuses] = await Promise.all([written(), ...pods.map(statusOf)]);
    return statuses.every((status) => status.revision === revision) ? true : undefined;
  };
  await world.setDeadline(102);
  await until("both run it", () => run(old, next));
  await world.ready();
  world.pause(old);
  await world.setDeadline(103);
  await until("the new one runs the next", () => run(next));
  await until("the old one is missed", async () => {
    const ready = conditionOf(await world.cluster(), "Ready");
    return ready?.reason === "ConfigUnconfirmed" && ready.message.includes(old.name) ? true : undefined;
  });
  world.resume(old);
  await world.ready();
  expect(await run(old)).toBe(true);
  await world.release(old);
});

test("a proxy of the previous schema version: a condition says what to do, and nothing breaks", async () => {
  await using world = await startRevisionWorld({ elsewhere: "sequencer-1" });
  const { space } = world;
  const pod = await until("the pod", async () =>
    (await space.list(resources.pods)).find(({ metadata }) => metadata.name.startsWith("base-sequencer-1-")),
  );
  const document = await writtenDocument(space, "base-sequencer-1");
  if (document === undefined) throw new Error("nothing was written");
  await using outdated = await startOutdatedProxy(space, pod, document);
  const condition = await until("the condition", async () => {
    const ready = conditionOf(await world.cluster(), "Ready");
    return ready?.reason === "ProxyOutdated" ? ready : undefined;
  });
  expect(condition.message).toContain(`${pod.metadata.name}: reads config of schema version 0, the operator writes 1`);
  expect(condition.message).toContain("update its image (spec.proxy.image)");
  expect(await world.row("sequencer-1")).toMatchObject({ desiredRevision: 1, confirmedRevision: 0 });

  await until("it was offered the document", () => (outdated.refusals() > 0 ? true : undefined));
  const refusals = outdated.refusals();
  await world.setMode("disabled");
  await until("the other proxy follows", async () =>
    (await statusOf(world.podOf("base-sequencer-0"))).executionMode === "disabled" ? true : undefined,
  );
  // A new document is offered once, not over and over.
  await until("offered", () => (outdated.refusals() > refusals ? true : undefined));
  await sleep(3_000);
  expect(outdated.refusals()).toBe(refusals + 1);
});
