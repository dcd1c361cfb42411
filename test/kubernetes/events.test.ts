import { expect, test } from "vitest";
import { resources } from "../../operator/kubernetes/resources.ts";
import { Raft, startConductor } from "../devnet/conductor.ts";
import { startExecutionClient } from "../devnet/execution-client.ts";
import { until } from "../devnet/until.ts";
import { clusterManifest, JWT_SECRET, secretManifest, sequencerManifest } from "./kit/cluster-manifest.ts";
import { startKubelet } from "./kit/kubelet-stand-in.ts";
import { startOperator } from "./kit/operator-in-process.ts";
import { testSpace } from "./kit/test-space.ts";

type SeenEvent = {
  readonly metadata: { readonly uid: string };
  readonly type: string;
  readonly reason: string;
  readonly note: string;
  readonly action: string;
  readonly reportingController: string;
  readonly regarding: { readonly kind: string; readonly name: string };
  readonly series?: { readonly count: number };
};

test("each turn of the status writes one Event, and a cluster at rest writes none", async () => {
  await using world = await startWorld();
  const { space, raft } = world;
  await space.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "rbc/base");
  await world.reason("AllProxiesReady");
  const told = await world.events();
  for (const reason of ["AllProxiesReady", "OneLeader", "Enabled", "AllSecretsValid"]) {
    expect(
      told.filter((event) => event.reason === reason),
      reason,
    ).toHaveLength(1);
  }
  expect(
    told
      .filter((event) => event.reason === "ProxyServes")
      .map(({ note }) => note)
      .toSorted(),
  ).toEqual(["sequencer-0: its proxy serves", "sequencer-1: its proxy serves"]);
  expect(told[0]).toMatchObject({ action: "Reconcile", reportingController: "rollup-boost-operator" });

  const calls = world.conductorCalls();
  await until(
    "ten more looks at each op-conductor",
    () => (world.conductorCalls() >= calls + 20 ? true : undefined),
    30_000,
  );
  expect(await world.events()).toEqual(told);

  raft.lead("sequencer-1");
  await world.news("LeaderKnown True (OneLeader): sequencer-1 leads");
  await space.kubectl("patch", "rbc/base", "--type=merge", "-p", '{"spec":{"executionMode":"disabled"}}');
  await world.reason("ShutOff");
  await space.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "rbc/base");
  const shutOff = (await world.events()).filter(({ reason }) => reason === "ShutOff");
  expect(shutOff).toHaveLength(1);
  expect(shutOff[0]).toMatchObject({ type: "Normal", note: expect.stringContaining("spec.executionMode is disabled") });

  // The same news again is counted on the Event that is there.
  raft.lead("sequencer-0");
  await until("counted", async () => {
    const events = await world.events();
    return events.find(({ note }) => note.endsWith("sequencer-0 leads"))?.series?.count === 2 ? true : undefined;
  });

  const story = await space.kubectl("describe", "rbc/base");
  expect(story.slice(story.indexOf("Events:"))).toMatch(
    /Normal\s+ShutOff\s+.*rollup-boost-operator\s+ExternalBuildingEnabled/,
  );
});

test("a new operator does not tell again what was told", async () => {
  await using world = await startWorld();
  await world.space.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "rbc/base");
  await world.reason("AllProxiesReady");
  const told = await world.events();
  await world.restartOperator();
  const calls = world.conductorCalls();
  await until("three looks", () => (world.conductorCalls() >= calls + 6 ? true : undefined), 20_000);
  expect(await world.events()).toEqual(told);
});

/** Two sequencers with op-conductors, an operator and a kubelet. */
async function startWorld() {
  const stack = new AsyncDisposableStack();
  const space = stack.use(await testSpace());
  const executionClient = stack.use(await startExecutionClient({ name: "execution-client", jwtSecret: JWT_SECRET }));
  const raft = new Raft(["sequencer-0", "sequencer-1"]);
  const conductors = await Promise.all(
    raft.members.map(async (name) => stack.use(await startConductor({ name, raft }))),
  );
  await space.apply(secretManifest("engine-jwt", { "jwt.hex": JWT_SECRET }));
  stack.use(startKubelet(space));
  let operator = startOperator(space);
  stack.defer(() => operator[Symbol.asyncDispose]());
  const sequencers = raft.members.map((name, index) => ({
    ...sequencerManifest(name, executionClient),
    conductor: { url: conductors[index]?.url, raftServerId: name },
  }));
  await space.apply(clusterManifest({ sequencers }));

  const events = async (): Promise<readonly SeenEvent[]> =>
    ((await space.list(resources.events)) as unknown as readonly SeenEvent[]).filter(
      ({ regarding }) => regarding.kind === "RollupBoostCluster",
    );
  const one = (what: string, isIt: (event: SeenEvent) => boolean) =>
    until(what, async () => (await events()).find(isIt), 20_000);
  return {
    space,
    raft,
    events,
    reason: (reason: string) => one(`an Event ${reason}`, (event) => event.reason === reason),
    news: (note: string) => one(`an Event that says ${note}`, (event) => event.note === note),
    conductorCalls: (): number => conductors.flatMap((conductor) => conductor.calls("conductor_leader")).length,
    restartOperator: async () => {
      await operator[Symbol.asyncDispose]();
      operator = startOperator(space);
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
