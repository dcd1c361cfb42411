import { expect, test } from "vitest";
import type { Upstream, UpstreamAnswer } from "../../../proxy/engine-api/upstream-client.ts";
import { RecentBlocks } from "../../../proxy/payload-job/recent-blocks.ts";
import { RecentHeads } from "../../../proxy/payload-job/recent-heads.ts";
import { builderOf } from "./kit/builder-of.ts";
import { ManualClock } from "./kit/manual-clock.ts";

const answered = (result: unknown): UpstreamAnswer => ({
  kind: "answered",
  status: 200,
  headers: {},
  body: Buffer.from(JSON.stringify({ jsonrpc: "2.0", id: 1, result })),
});
const VALID = answered({ status: "VALID", payloadStatus: { status: "VALID" }, payloadId: "0x01" });
const SYNCING = answered({ status: "SYNCING", payloadStatus: { status: "SYNCING" }, payloadId: null });
const ERROR: UpstreamAnswer = {
  kind: "answered",
  status: 200,
  headers: {},
  body: Buffer.from('{"jsonrpc":"2.0","id":1,"error":{"code":-38003}}'),
};

/** A builder that answers what `says` gives, beside three kept blocks. */
function builderThat(says: (body: string) => UpstreamAnswer) {
  const heard: string[] = [];
  const client: Upstream = {
    call: ({ body }) => {
      heard.push(body.toString());
      return Promise.resolve(says(body.toString()));
    },
    close: () => Promise.resolve(),
  };
  const builder = builderOf("rbuilder", { client, clock: new ManualClock() });
  const blocks = new RecentBlocks();
  for (const number of [1, 2, 3]) {
    const body = () => Buffer.from(`block ${number}`);
    blocks.keep({ blockHash: `0x${number}`, parentHash: `0x${number - 1}`, body, bytes: 8 });
  }
  /** What it heard of a job on the third block. */
  const job = async (): Promise<readonly string[]> => {
    heard.length = 0;
    await builder.startJob(Buffer.from("job on 3"), { headBlockHash: "0x3", blocks });
    return [...heard];
  };
  return { builder, job };
}

const ALL = ["block 1", "block 2", "block 3", "job on 3"];

test("blocks a builder has called VALID are not brought to it again", async () => {
  const { job } = builderThat(() => VALID);
  expect([await job(), await job()]).toEqual([ALL, ["job on 3"]]);
});

test("nor those below the head it names by itself", async () => {
  const { builder, job } = builderThat((body) =>
    body.includes("eth_getBlockByNumber") ? answered({ number: "0x2", hash: "0x2" }) : VALID,
  );
  await builder.watchHead(new RecentHeads());
  expect(await job()).toEqual(["block 3", "job on 3"]);
});

test.each([
  ["answers SYNCING: it came back with an older chain", SYNCING],
  ["does not answer", { kind: "late" }],
  ["cannot be reached", { kind: "unreachable", detail: "ECONNREFUSED" }],
] as const satisfies readonly (readonly [string, UpstreamAnswer])[])(
  "a builder that %s gets them again",
  async (_, answer) => {
    let toJob: UpstreamAnswer = VALID;
    const { job } = builderThat((body) => (body.startsWith("job") ? toJob : VALID));
    await job();
    toJob = answer;
    expect([await job(), await job()]).toEqual([["job on 3"], ALL]);
  },
);

test("a builder that refuses jobs does not get them with each one", async () => {
  let toJob: UpstreamAnswer = VALID;
  const { job } = builderThat((body) => (body.startsWith("job") ? toJob : VALID));
  await job();
  toJob = ERROR;
  expect([await job(), await job()]).toEqual([["job on 3"], ["job on 3"]]);
});

test("an answer to the head watch that is no block says nothing", async () => {
  const { builder } = builderThat(() => ERROR);
  const heads = new RecentHeads();
  heads.saw(9n, "0x9");
  await builder.watchHead(heads);
  expect(builder.health.state).toBe("unknown");
});
