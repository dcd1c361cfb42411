import { expect, test } from "vitest";
import { LeadershipWatches } from "../../../../operator/observe/leadership-watches.ts";
import { until } from "../../../devnet/until.ts";
import { cluster } from "../kit/cluster.ts";
import { httpStub } from "../kit/http-stub.ts";

const KEY = "op-stack/base-sepolia";
const WAIT_MS = 5_000;
const patience = () => AbortSignal.timeout(WAIT_MS);

/** One sequencer with this op-conductor, or with none. */
const conducted = (url: string | undefined) => {
  const [first] = cluster().spec.sequencers;
  const conductor = url === undefined ? undefined : { url, raftServerId: "raft-0" };
  return cluster({ sequencers: [{ ...first, builder: undefined, conductor }] });
};

async function startConductor() {
  const state = { leads: true };
  const stub = await httpStub(() => ({ body: JSON.stringify({ jsonrpc: "2.0", id: 1, result: state.leads }) }));
  return { ...stub, state };
}

test("a new leader is noticed without anyone asking for it, and the cluster is looked at", async () => {
  await using conductor = await startConductor();
  const touched: string[] = [];
  const watches = new LeadershipWatches({ touched: (key) => touched.push(key) });
  const spec = conducted(conductor.url);
  expect(await watches.of(KEY, spec, patience())).toEqual({ "sequencer-0": "leader" });

  const before = touched.length;
  conductor.state.leads = false;
  await until("the change", () => (touched.length > before ? true : undefined), WAIT_MS);
  expect(touched.at(-1)).toBe(KEY);
  expect(await watches.of(KEY, spec, patience())).toEqual({ "sequencer-0": "follower" });
  watches.close();
});

test("looking at a cluster again asks no op-conductor again", async () => {
  await using conductor = await startConductor();
  const watches = new LeadershipWatches({ touched: () => undefined });
  const spec = conducted(conductor.url);
  await watches.of(KEY, spec, patience());
  const asked = conductor.calls.length;
  for (let look = 0; look < 20; look++) await watches.of(KEY, spec, patience());
  expect(conductor.calls.length).toBe(asked);
  watches.close();
});

test("another op-conductor in the spec is asked at once, and without one the leader is unknown", async () => {
  await using first = await startConductor();
  await using second = await startConductor();
  second.state.leads = false;
  const watches = new LeadershipWatches({ touched: () => undefined });
  await watches.of(KEY, conducted(first.url), patience());
  expect(await watches.of(KEY, conducted(second.url), patience())).toEqual({ "sequencer-0": "follower" });
  expect(await watches.of(KEY, conducted(undefined), patience())).toEqual({ "sequencer-0": "unknown" });
  watches.close();
});

test("an op-conductor that hangs holds a look up no longer than the look allows", async () => {
  await using hanging = await httpStub(() => "hang");
  const watches = new LeadershipWatches({ touched: () => undefined });
  const startedAtMs = performance.now();
  expect(await watches.of(KEY, conducted(hanging.url), AbortSignal.timeout(50))).toEqual({ "sequencer-0": "unknown" });
  expect(performance.now() - startedAtMs).toBeLessThan(900);
  watches.close();
});

test("a cluster that is gone is asked for no more", async () => {
  await using conductor = await startConductor();
  const watches = new LeadershipWatches({ touched: () => undefined });
  await watches.of(KEY, conducted(conductor.url), patience());
  watches.forget(KEY);
  const asked = conductor.calls.length;
  // Another cluster's second look shows that an interval has passed.
  await watches.of("op-stack/other", conducted(conductor.url), patience());
  await until("two rounds of the other", () => (conductor.calls.length >= asked + 3 ? true : undefined), WAIT_MS);
  watches.close();
  expect(conductor.calls.length).toBe(asked + 3);
});
