import { describe, expect, test } from "vitest";
import { requestBody } from "../../../proxy/engine-api/json-rpc.ts";
import type { UpstreamAnswer } from "../../../proxy/engine-api/upstream-client.ts";
import { askFirst, headBalancers } from "../../../proxy/first-balancer.ts";
import { builderOf } from "./kit/builder-of.ts";
import { ManualClock } from "./kit/manual-clock.ts";

const FCU = requestBody("engine_forkchoiceUpdatedV3", ["{}", "{}"]);

const answered = (result: unknown): UpstreamAnswer => ({
  kind: "answered",
  status: 200,
  headers: {},
  body: Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, result })),
});
const BUILDING = answered({ payloadStatus: { status: "VALID" }, payloadId: "0x0300000000000001" });
const DECLINED = answered({ payloadStatus: { status: "VALID" }, payloadId: null });
const REFUSED: UpstreamAnswer = { kind: "answered", status: 503, headers: {}, body: Buffer.from("") };
const UNREACHABLE: UpstreamAnswer = { kind: "unreachable", detail: "ECONNREFUSED" };

/** A balancer whose answers the test gives; `undefined`: not before `answer` is called. */
function balancer(name: string, clock: ManualClock, first: UpstreamAnswer | undefined) {
  let calls = 0;
  const { promise, resolve } = Promise.withResolvers<UpstreamAnswer>();
  if (first !== undefined) resolve(first);
  const client = {
    call: () => {
      calls += 1;
      return promise;
    },
    close: async () => {},
  };
  return { handle: builderOf(name, { client, clock }), answer: resolve, calls: () => calls };
}

const settled = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
};

function world(...answers: readonly (UpstreamAnswer | undefined)[]) {
  const clock = new ManualClock();
  const balancers = answers.map((answer, index) => balancer(`balancer-${index}`, clock, answer));
  const ask = (isNewest = () => true) =>
    askFirst(
      balancers.map(({ handle }) => handle),
      (handle) => handle.startJob(FCU),
      { clock, isNewest },
    );
  return { clock, balancers, ask, calls: () => balancers.map(({ calls }) => calls()) };
}

describe("the first balancer that answers has the job", () => {
  test.each<[what: string, answers: readonly UpstreamAnswer[], calls: readonly number[], said: readonly string[]]>([
    [
      "all answer: the first alone is asked",
      [BUILDING, BUILDING, BUILDING],
      [1, 0, 0],
      ["building", "not_needed", "not_needed"],
    ],
    ["it cannot be reached: the next at once", [UNREACHABLE, BUILDING], [1, 1], ["builder_unreachable", "building"]],
    ["it answers with an error: the next at once", [REFUSED, BUILDING], [1, 1], ["builder_refused", "building"]],
    [
      "it declines: the slot is another's, and no other is asked",
      [DECLINED, BUILDING],
      [1, 0],
      ["builder_declined", "not_needed"],
    ],
    [
      "two are gone: the third",
      [UNREACHABLE, UNREACHABLE, BUILDING],
      [1, 1, 1],
      ["builder_unreachable", "builder_unreachable", "building"],
    ],
    ["none answers", [UNREACHABLE, UNREACHABLE], [1, 1], ["builder_unreachable", "builder_unreachable"]],
  ])("%s", async (_, answers, calls, said) => {
    const { ask, calls: made } = world(...answers);
    const jobs = await Promise.all(ask().map(({ answer }) => answer));
    expect(jobs.map((job) => (job.kind === "building" ? job.kind : job.reason))).toEqual(said);
    expect(made()).toEqual(calls);
  });
});

test("one that hangs: the next gets the job after 150 ms; if it answers after all, both have it", async () => {
  const { ask, balancers, clock, calls } = world(undefined, BUILDING);
  const asked = ask();
  await settled();
  expect(calls()).toEqual([1, 0]);
  clock.advance(149);
  await settled();
  expect(calls()).toEqual([1, 0]);
  clock.advance(1);
  await settled();
  expect(calls()).toEqual([1, 1]);
  expect(await asked[1]?.answer).toMatchObject({ kind: "building" });
  balancers[0]?.answer(BUILDING);
  expect(await asked[0]?.answer).toMatchObject({ kind: "building" });
});

test("one that was silent is asked last in the next round, in the order of the config among those that answer", async () => {
  const { ask, balancers, calls } = world(UNREACHABLE, BUILDING, BUILDING);
  await Promise.all(ask().map(({ answer }) => answer));
  expect(headBalancers(balancers.map(({ handle }) => handle)).map(({ config }) => config.name)).toEqual([
    "balancer-0",
    "balancer-1",
  ]);
  const jobs = await Promise.all(ask().map(({ answer }) => answer));
  expect(jobs.map((job) => (job.kind === "building" ? job.kind : job.reason))).toEqual([
    "not_needed",
    "building",
    "not_needed",
  ]);
  expect(calls()).toEqual([1, 2, 0]);
});

test("all were silent: they are asked all the same", async () => {
  const { ask, calls } = world(UNREACHABLE, UNREACHABLE);
  await Promise.all(ask().map(({ answer }) => answer));
  await Promise.all(ask().map(({ answer }) => answer));
  expect(calls()).toEqual([2, 2]);
});

test("a newer FCU came while one hung: the others do not get the older job after it", async () => {
  const { ask, clock, calls } = world(undefined, BUILDING, BUILDING);
  let isNewest = true;
  const asked = ask(() => isNewest);
  await settled();
  isNewest = false;
  clock.advance(300);
  await settled();
  expect(await asked[1]?.answer).toMatchObject({ kind: "not_building", reason: "builder_late" });
  expect(await asked[2]?.answer).toMatchObject({ kind: "not_building", reason: "not_needed" });
  expect(calls()).toEqual([1, 0, 0]);
});

test("no balancer: nobody is asked", () => {
  expect(world().ask()).toEqual([]);
});

test("a newer job takes the place of one that waits on the way to the first: no other balancer gets the older one", async () => {
  const { balancers, ask, calls } = world(undefined, BUILDING);
  const [first] = balancers;
  void first?.handle.lane.newPayload(Buffer.from("a block it is slow to take"));
  const [older] = ask();
  const [newer] = ask();
  await settled();
  expect(await older?.answer).toMatchObject({ kind: "not_building", reason: "builder_late" });
  first?.answer(BUILDING);
  expect(await newer?.answer).toMatchObject({ kind: "building" });
  expect(calls()).toEqual([2, 0]);
});
