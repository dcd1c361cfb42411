import { expect, test } from "vitest";
import { BuilderAside } from "../../../proxy/builder-aside.ts";
import { DaLimit } from "../../../proxy/da-limit.ts";
import { member, viewJson } from "../../../proxy/engine-api/json-view.ts";
import type { UpstreamAnswer, UpstreamCall } from "../../../proxy/engine-api/upstream-client.ts";
import { ManualClock } from "./kit/manual-clock.ts";

const DEADLINE = { atMs: 500 };
const TAKEN: UpstreamAnswer = {
  kind: "answered",
  status: 200,
  headers: {},
  body: Buffer.from('{"jsonrpc":"2.0","id":1,"result":true}'),
};
const NOT_TAKEN: UpstreamAnswer = { ...TAKEN, body: Buffer.from('{"jsonrpc":"2.0","id":1,"result":false}') };

function asideOf() {
  const clock = new ManualClock();
  const daLimit = new DaLimit(clock);
  const calls: { readonly body: string; readonly answer: (answer: UpstreamAnswer) => void }[] = [];
  const client = {
    call: ({ body }: UpstreamCall) =>
      new Promise<UpstreamAnswer>((answer) => void calls.push({ body: body.toString(), answer })),
    close: async () => {},
  };
  const limitBody = Buffer.from('{"id":9,"method":"miner_setMaxDASize","params":["0x1","0x2"]}');
  return {
    clock,
    calls,
    aside: new BuilderAside({ client, limits: client, clock, daLimit }),
    noteLimit: () => daLimit.note(limitBody, member(viewJson(limitBody), "params")),
    limitBody,
  };
}

test("without a limit nothing is owed, however often the builder was away, also within a job", async () => {
  const { aside, calls } = asideOf();
  aside.catchUp();
  aside.wasAway();
  expect(await aside.notCaughtUp(DEADLINE)).toBeUndefined();
  aside.wasAway();
  aside.catchUp();
  expect(await aside.notCaughtUp(DEADLINE)).toBeUndefined();
  expect(calls).toEqual([]);
});

test("away while its job was under way: its payload does not count, and the next job sends the limit", async () => {
  const { aside, calls, noteLimit } = asideOf();
  aside.wasAway();
  noteLimit();
  aside.catchUp();
  calls[0]?.answer(TAKEN);
  expect(await aside.notCaughtUp(DEADLINE)).toBeUndefined();
  aside.wasAway();
  expect([await aside.notCaughtUp(DEADLINE), calls.length]).toEqual([
    { reason: "builder_late", detail: "the data availability limit is not confirmed" },
    1,
  ]);
  aside.catchUp();
  calls[1]?.answer(TAKEN);
  expect(await aside.notCaughtUp(DEADLINE)).toBeUndefined();
  expect(calls.map(({ body }) => body)).toEqual(
    Array(2).fill('{"jsonrpc":"2.0","id":1,"method":"miner_setMaxDASize","params":["0x1","0x2"]}'),
  );
});

test("a limit that is not answered by the deadline: the builder must not win", async () => {
  const { aside, clock, noteLimit } = asideOf();
  aside.wasAway();
  noteLimit();
  aside.catchUp();
  const ready = aside.notCaughtUp(DEADLINE);
  clock.advance(500);
  expect(await ready).toMatchObject({ reason: "builder_late" });
});

const LIMIT = { setsDaLimit: true, isWanted: () => true } as const;

test("a new limit told to a builder that was away is the one it owes: no second call", async () => {
  const { aside, calls, noteLimit, limitBody } = asideOf();
  aside.wasAway();
  noteLimit();
  const told = aside.tell(limitBody, LIMIT);
  const ready = aside.notCaughtUp(DEADLINE);
  calls[0]?.answer(TAKEN);
  expect([await ready, await told, calls.length]).toEqual([undefined, true, 1]);
});

test("a limit that a builder refuses while it was never away costs it nothing", async () => {
  const { aside, calls, noteLimit, limitBody } = asideOf();
  noteLimit();
  const told = aside.tell(limitBody, LIMIT);
  calls[0]?.answer({ ...TAKEN, status: 500 } as UpstreamAnswer);
  await told;
  expect([await aside.notCaughtUp(DEADLINE), calls.length]).toEqual([undefined, 1]);
});

test("a limit that a gateway did not bring to its builder is owed", async () => {
  const { aside, calls, noteLimit, limitBody } = asideOf();
  noteLimit();
  const told = aside.tell(limitBody, LIMIT);
  calls[0]?.answer({ ...TAKEN, status: 503 } as UpstreamAnswer);
  await told;
  expect(await aside.notCaughtUp(DEADLINE)).toMatchObject({ reason: "builder_refused" });
  aside.catchUp();
  calls[1]?.answer(TAKEN);
  expect(await aside.notCaughtUp(DEADLINE)).toBeUndefined();
});

test("what the builder did not take is counted as lost; what it took, and what the shut-off stopped, is not", async () => {
  const { aside, calls } = asideOf();
  const tell = async (answer: UpstreamAnswer, isWanted = true): Promise<number> => {
    const told = aside.tell(Buffer.from("transaction"), { setsDaLimit: false, isWanted: () => isWanted });
    calls.at(-1)?.answer(answer);
    await told;
    return aside.lost;
  };
  expect(await tell(TAKEN)).toBe(0);
  expect(await tell({ kind: "late" })).toBe(1);
  expect(await tell({ kind: "unreachable", detail: "too many calls wait for it" })).toBe(2);
  expect(await tell({ ...TAKEN, status: 401 } as UpstreamAnswer)).toBe(3);
  expect(await tell({ kind: "unreachable", detail: "execution mode disabled" }, false)).toBe(3);
});

test("a limit that never reached a builder is sent again, and until then it must not win", async () => {
  const { aside, calls, noteLimit, limitBody } = asideOf();
  noteLimit();
  const told = aside.tell(limitBody, LIMIT);
  calls[0]?.answer({ kind: "unreachable", detail: "ECONNRESET" });
  await told;
  aside.catchUp();
  const ready = aside.notCaughtUp(DEADLINE);
  calls[1]?.answer({ kind: "unreachable", detail: "ECONNREFUSED" });
  expect(await ready).toEqual({ reason: "builder_unreachable", detail: "ECONNREFUSED" });
});

test("a limit that a balancer does not take, as another sequencer leads, is sent again with each job, and it must not win until it does", async () => {
  const { aside, calls, noteLimit, limitBody } = asideOf();
  noteLimit();
  const told = aside.tell(limitBody, LIMIT);
  calls[0]?.answer(NOT_TAKEN);
  await told;
  aside.catchUp();
  const ready = aside.notCaughtUp(DEADLINE);
  calls[1]?.answer(NOT_TAKEN);
  expect(await ready).toMatchObject({ reason: "builder_refused" });
  aside.catchUp();
  const readyNow = aside.notCaughtUp(DEADLINE);
  calls[2]?.answer(TAKEN);
  expect([await readyNow, calls.length]).toEqual([undefined, 3]);
});
