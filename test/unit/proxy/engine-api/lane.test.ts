import { expect, test } from "vitest";
import { Lane, type LaneAnswer, type LaneOptions } from "../../../../proxy/engine-api/lane.ts";
import { UpstreamClient } from "../../../../proxy/engine-api/upstream-client.ts";
import { hangingServer } from "../kit/hanging-server.ts";
import { ManualClock } from "../kit/manual-clock.ts";

const OPTIONS: LaneOptions = { callTimeoutMs: 1_000, entriesMax: 32, bytesMax: 1_000 };

/** A lane to a real server that answers when the test says so. */
async function laneTo(options: Partial<LaneOptions> = {}) {
  const server = await hangingServer();
  const clock = new ManualClock();
  const client = new UpstreamClient({ url: server.url, answerBytesMax: 1_000, connectionsMax: 4 }, { clock });
  const observed: [string, LaneAnswer["kind"]][] = [];
  const lane = new Lane(
    { ...OPTIONS, ...options },
    { client, clock, observe: (kind, answer) => observed.push([kind, answer.kind]) > 0 && answer.kind === "answered" },
  );
  return {
    lane,
    clock,
    server,
    client,
    observed,
    /** Takes the next call and answers it; gives its body. */
    serve: async (): Promise<string> => {
      const { body, response } = await server.next();
      response.end("{}");
      return body;
    },
    [Symbol.asyncDispose]: async () => {
      lane.close();
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

const kindsOf = async (answers: readonly Promise<LaneAnswer>[]): Promise<readonly string[]> =>
  (await Promise.all(answers)).map((answer) => answer.kind);

test("the next call leaves when the one before was answered, newPayload before the FCU that names it (E-18)", async () => {
  await using l = await laneTo();
  const answers = [
    l.lane.newPayload(Buffer.from("block 1")),
    l.lane.forkchoice(Buffer.from("head 1")),
    l.lane.newPayload(Buffer.from("block 2")),
    l.lane.job(Buffer.from("job on 2")),
  ];
  const first = await l.server.next();
  expect([first.body, l.lane.depth]).toEqual(["block 1", 2]);
  first.response.end("{}");
  expect([await l.serve(), await l.serve()]).toEqual(["block 2", "job on 2"]);
  expect(await kindsOf(answers)).toEqual(["answered", "dropped", "answered", "answered"]);
  expect(l.observed.map(([kind]) => kind)).toEqual(["new-payload", "new-payload", "job"]);
});

test("a call that is not answered in time lets the next one go", async () => {
  await using l = await laneTo();
  const hung = l.lane.job(Buffer.from("job 1"));
  const next = l.lane.job(Buffer.from("job 2"));
  await l.server.next();
  l.clock.advance(1_000);
  expect(await l.serve()).toBe("job 2");
  expect(await kindsOf([hung, next])).toEqual(["late", "answered"]);
});

test("FCUs without attributes that wait are coalesced: the latest wins", async () => {
  await using l = await laneTo();
  const first = l.lane.forkchoice(Buffer.from("head 0"));
  const answers = [1, 2, 3].map((head) => l.lane.forkchoice(Buffer.from(`head ${head}`)));
  expect([await l.serve(), await l.serve()]).toEqual(["head 0", "head 3"]);
  expect(await kindsOf([first, ...answers])).toEqual(["answered", "dropped", "dropped", "answered"]);
});

test("a burst of 5,000 FCUs with a hung builder delays no job and keeps nothing (rollup-boost#347)", async () => {
  await using l = await laneTo();
  const hung = l.lane.newPayload(Buffer.from("block"));
  await l.server.next();
  const burst = Array.from({ length: 5_000 }, (_, head) => l.lane.forkchoice(Buffer.from(`head ${head}`)));
  expect(l.lane.depth).toBe(1);
  const job = l.lane.job(Buffer.from("job"));
  expect(l.lane.depth).toBe(1);
  const after = Array.from({ length: 5_000 }, (_, head) => l.lane.forkchoice(Buffer.from(`head ${head}`)));
  expect(l.lane.depth).toBe(2);
  l.clock.advance(1_000);
  expect([await l.serve(), await l.serve()]).toEqual(["job", "head 4999"]);
  expect(await kindsOf([hung, job])).toEqual(["late", "answered"]);
  expect((await kindsOf([...burst, ...after])).filter((kind) => kind !== "dropped")).toEqual(["answered"]);
  expect(l.server.arrivals()).toBe(3);
});

test("a newer job takes the place of the one that waits, and when it is full old newPayloads go first", async () => {
  await using l = await laneTo({ entriesMax: 3 });
  const hung = l.lane.forkchoice(Buffer.from("head"));
  await l.server.next();
  const waiting = [
    l.lane.newPayload(Buffer.from("block 1")),
    l.lane.job(Buffer.from("job 1")),
    l.lane.newPayload(Buffer.from("block 2")),
    l.lane.job(Buffer.from("job 2")),
    l.lane.newPayload(Buffer.from("block 3")),
    l.lane.newPayload(Buffer.from("block 4")),
  ];
  expect(l.lane.depth).toBe(3);
  // Blocks 1 and 2 for lack of room; job 1 had nothing more to say.
  expect(l.lane.lost).toBe(2);
  l.clock.advance(1_000);
  expect([await l.serve(), await l.serve(), await l.serve()]).toEqual(["job 2", "block 3", "block 4"]);
  expect(await kindsOf([hung, ...waiting])).toEqual([
    "late",
    "dropped",
    "dropped",
    "dropped",
    "answered",
    "answered",
    "answered",
  ]);
});

test("its bytes are bounded, and nothing behind it pushes out the newest job", async () => {
  await using l = await laneTo();
  const hung = l.lane.forkchoice(Buffer.from("head"));
  await l.server.next();
  const job = l.lane.job(Buffer.alloc(600, "j"));
  const others = [l.lane.newPayload(Buffer.alloc(600, "p")), l.lane.forkchoice(Buffer.alloc(600, "f"))];
  expect(l.lane.depth).toBe(1);
  l.clock.advance(1_000);
  expect(await l.serve()).toBe("j".repeat(600));
  expect(await kindsOf([hung, job, ...others])).toEqual(["late", "answered", "dropped", "dropped"]);
});

test("one call larger than the bound still goes", async () => {
  await using l = await laneTo();
  const hung = l.lane.forkchoice(Buffer.from("head"));
  await l.server.next();
  const job = l.lane.job(Buffer.alloc(5_000, "j"));
  l.clock.advance(1_000);
  expect((await l.serve()).length).toBe(5_000);
  expect(await kindsOf([hung, job])).toEqual(["late", "answered"]);
});

test("cleared, it sends nothing of what waited; what comes later goes", async () => {
  await using l = await laneTo();
  const underWay = l.lane.newPayload(Buffer.from("block"));
  const waiting = l.lane.job(Buffer.from("job"));
  const { response } = await l.server.next();
  l.lane.clear();
  response.end("{}");
  expect(await kindsOf([underWay, waiting])).toEqual(["answered", "dropped"]);
  const later = l.lane.job(Buffer.from("later"));
  expect(await l.serve()).toBe("later");
  expect(await kindsOf([later])).toEqual(["answered"]);
});

test("closed with its client under a call, everything ends and nothing comes after", async () => {
  await using l = await laneTo();
  const answers = [l.lane.job(Buffer.from("under way")), l.lane.job(Buffer.from("waiting"))];
  await l.server.next();
  l.lane.close();
  await l.client.close();
  answers.push(l.lane.job(Buffer.from("too late")));
  expect(await kindsOf(answers)).toEqual(["unreachable", "dropped", "dropped"]);
  expect([l.server.arrivals(), l.clock.alarms]).toEqual([1, 0]);
});
