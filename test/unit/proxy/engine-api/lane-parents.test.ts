import { expect, test } from "vitest";
import { Lane, type LaneBlock } from "../../../../proxy/engine-api/lane.ts";
import { UpstreamClient } from "../../../../proxy/engine-api/upstream-client.ts";
import { hangingServer } from "../kit/hanging-server.ts";
import { ManualClock } from "../kit/manual-clock.ts";

/** A lane to a server that says of each block whether it knows it now. */
async function laneTo() {
  const server = await hangingServer();
  const clock = new ManualClock();
  const client = new UpstreamClient({ url: server.url, answerBytesMax: 1_000, connectionsMax: 4 }, { clock });
  const lane = new Lane(
    { callTimeoutMs: 1_000, entriesMax: 32, bytesMax: 1_000 },
    { client, clock, observe: (_, answer) => answer.kind === "answered" && answer.body.toString() === "known" },
  );
  return {
    lane,
    clock,
    server,
    serve: async (says = "known"): Promise<string> => {
      const { body, response } = await server.next();
      response.end(says);
      return body;
    },
    [Symbol.asyncDispose]: async () => {
      lane.close();
      await client.close();
      await server[Symbol.asyncDispose]();
    },
  };
}

const blocks =
  (...numbers: readonly number[]) =>
  (): readonly LaneBlock[] =>
    numbers.map((number) => ({ blockHash: `0x${number}`, body: () => Buffer.from(`block ${number}`) }));

test("a job's parents go first, oldest first, and the job when the last was answered (E-18)", async () => {
  await using l = await laneTo();
  const job = l.lane.job(Buffer.from("job on 3"), "0x3", blocks(1, 2, 3));
  const says = [await l.serve(), await l.serve(), await l.serve(), await l.serve()];
  expect(says).toEqual(["block 1", "block 2", "block 3", "job on 3"]);
  expect((await job).kind).toBe("answered");
});

test("which are lacking is asked when the job's turn has come, not before", async () => {
  await using l = await laneTo();
  void l.lane.newPayload(Buffer.from("block 1"), "0x1");
  const { response } = await l.server.next();
  let lacking = blocks(1, 2);
  const job = l.lane.job(Buffer.from("job on 2"), "0x2", () => lacking());
  lacking = blocks(2);
  response.end("known");
  expect([await l.serve(), await l.serve()]).toEqual(["block 2", "job on 2"]);
  await job;
});

test("a parent that does not connect: only the head's own block is still brought, to sync to, and then the job", async () => {
  await using l = await laneTo();
  const job = l.lane.job(Buffer.from("job on 4"), "0x4", blocks(1, 2, 3, 4));
  expect([await l.serve("syncing"), await l.serve("syncing"), await l.serve()]).toEqual([
    "block 1",
    "block 4",
    "job on 4",
  ]);
  await job;
});

test("of parents that are not answered only the first and the head's own cost a call's time", async () => {
  await using l = await laneTo();
  const job = l.lane.job(Buffer.from("job on 4"), "0x4", blocks(1, 2, 3, 4));
  await l.server.next();
  l.clock.advance(1_000);
  expect([await l.serve(), await l.serve()]).toEqual(["block 4", "job on 4"]);
  expect((await job).kind).toBe("answered");
});

test("a newer job ends the bringing of an older one's parents", async () => {
  await using l = await laneTo();
  const older = l.lane.job(Buffer.from("job on 3"), "0x3", blocks(1, 2, 3));
  const { response } = await l.server.next();
  const newer = l.lane.job(Buffer.from("job on 4"), "0x4", blocks(4));
  response.end("known");
  expect([await l.serve(), await l.serve()]).toEqual(["block 4", "job on 4"]);
  expect([(await older).kind, (await newer).kind]).toEqual(["dropped", "answered"]);
});

test("cleared while it brings a job's parents, the builder hears nothing more", async () => {
  await using l = await laneTo();
  const job = l.lane.job(Buffer.from("job on 3"), "0x3", blocks(1, 2, 3));
  const { response } = await l.server.next();
  l.lane.clear();
  response.end("known");
  expect((await job).kind).toBe("dropped");
  const later = l.lane.job(Buffer.from("later"));
  expect(await l.serve()).toBe("later");
  await later;
  expect(l.server.arrivals()).toBe(2);
});

test("a job that brings its parents stands for the blocks that wait; one that does not leaves them", async () => {
  await using l = await laneTo();
  const hung = l.lane.forkchoice(Buffer.from("head"));
  const { response } = await l.server.next();
  const waiting = [1, 2].map((number) => l.lane.newPayload(Buffer.from(`block ${number}`), `0x${number}`));
  const plain = l.lane.job(Buffer.from("plain job"));
  expect(l.lane.depth).toBe(3);
  const job = l.lane.job(Buffer.from("job on 2"), "0x2", blocks(2));
  expect(l.lane.depth).toBe(1);
  response.end("known");
  expect([await l.serve(), await l.serve()]).toEqual(["block 2", "job on 2"]);
  const kinds = (await Promise.all([hung, ...waiting, plain, job])).map(({ kind }) => kind);
  expect(kinds).toEqual(["answered", "dropped", "dropped", "dropped", "answered"]);
});

test("5,000 jobs with a hung builder: the newest waits, and is sent as soon as the call under way is over", async () => {
  await using l = await laneTo();
  const hung = l.lane.newPayload(Buffer.from("block"));
  await l.server.next();
  const jobs = Array.from({ length: 5_000 }, (_, number) => l.lane.job(Buffer.from(`job ${number}`)));
  expect(l.lane.depth).toBe(1);
  l.clock.advance(1_000);
  expect(await l.serve()).toBe("job 4999");
  const kinds = (await Promise.all([hung, ...jobs])).map(({ kind }) => kind);
  expect(kinds.filter((kind) => kind !== "dropped")).toEqual(["late", "answered"]);
});
