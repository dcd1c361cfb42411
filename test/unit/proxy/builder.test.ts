import { describe, expect, test } from "vitest";
import { DA_LIMIT_METHOD, DaLimit } from "../../../proxy/da-limit.ts";
import { requestBody, viewCalls } from "../../../proxy/engine-api/json-rpc.ts";
import { member, viewJson } from "../../../proxy/engine-api/json-view.ts";
import type { Upstream, UpstreamAnswer } from "../../../proxy/engine-api/upstream-client.ts";
import type { Observed } from "../../../proxy/health/state-change.ts";
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
function builderThat(says: (body: string) => UpstreamAnswer, isBalancer = false) {
  const heard: string[] = [];
  const client: Upstream = {
    call: ({ body }) => {
      heard.push(body.toString());
      return Promise.resolve(says(body.toString()));
    },
    close: () => Promise.resolve(),
  };
  const clock = new ManualClock();
  const daLimit = new DaLimit(clock);
  const builder = builderOf("rbuilder", { client, clock, daLimit, isBalancer });
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
  return { builder, daLimit, job };
}

const NOW = { atMs: 0 };

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

test("a builder that owes a limit is asked for its payload when it has taken it, not before", async () => {
  const clock = new ManualClock();
  const daLimit = new DaLimit(clock);
  const limit = Buffer.from('{"id":9,"method":"miner_setMaxDASize","params":["0x1","0x2"]}');
  daLimit.note(limit, member(viewJson(limit), "params"));
  const heard: string[] = [];
  const taken = Promise.withResolvers<UpstreamAnswer>();
  const client: Upstream = {
    call: ({ body }) => {
      const method = /engine_[a-zA-Z]+|miner_[a-zA-Z]+/.exec(body.toString())?.[0] ?? "";
      heard.push(method);
      return method.startsWith("miner_") ? taken.promise : Promise.resolve(VALID);
    },
    close: () => Promise.resolve(),
  };
  const builder = builderOf("rbuilder", { client, clock, daLimit });
  const job = builder.startJob(Buffer.from('{"method":"engine_forkchoiceUpdatedV3"}'));
  const asked = builder.getPayload("engine_getPayloadV4", job, { atMs: 500 });
  await job;
  await new Promise((resolve) => setImmediate(resolve));
  expect(heard).toEqual(["miner_setMaxDASize", "engine_forkchoiceUpdatedV"]);
  taken.resolve(answered(true));
  await asked;
  expect(heard.at(-1)).toBe("engine_getPayloadV");
});

test("a balancer that was away gets what it missed with the next job, also where it has called a later block VALID", async () => {
  let says: UpstreamAnswer = VALID;
  const { builder, job } = builderThat(() => says, true);
  await job();
  says = { kind: "unreachable", detail: "ECONNREFUSED" };
  await builder.lane.newPayload(Buffer.from("block 2"), "0x2");
  says = VALID;
  await builder.lane.newPayload(Buffer.from("block 3"), "0x3");
  expect([await job(), await job()]).toEqual([ALL, ["job on 3"]]);
});

test("and again with the one after it, where a block of what it missed was lost on the way", async () => {
  let isLossy = false;
  const { builder, job } = builderThat((body) => {
    if (isLossy && body === "block 1") return { kind: "late" };
    return VALID;
  }, true);
  await job();
  isLossy = true;
  await builder.lane.newPayload(Buffer.from("block 1"), "0x1");
  expect(await job()).toEqual(["block 1", "block 3", "job on 3"]);
  isLossy = false;
  expect([await job(), await job()]).toEqual([ALL, ["job on 3"]]);
});

test("a builder that refuses jobs does not get them with each one", async () => {
  let toJob: UpstreamAnswer = VALID;
  const { job } = builderThat((body) => (body.startsWith("job") ? toJob : VALID));
  await job();
  toJob = ERROR;
  expect([await job(), await job()]).toEqual([["job on 3"], ["job on 3"]]);
});

test("each change of its state is observed, and nothing of its end: its calls end with its connections", async () => {
  const observed: Observed[] = [];
  const clock = new ManualClock();
  const client: Upstream = { call: () => Promise.resolve(VALID), close: () => Promise.resolve() };
  const builder = builderOf("rbuilder", { client, clock, observe: (each) => observed.push(each) });
  const noAnswer = { kind: "no_answer", to: "forkchoice", detail: "ECONNRESET" } as const;
  const followed = { kind: "followed", to: "forkchoice" } as const;
  for (const sample of [followed, followed, noAnswer, noAnswer, followed]) builder.sample(sample);
  await builder.close();
  builder.sample(noAnswer);
  expect(observed).toMatchObject([
    { subject: "builder", name: "rbuilder", change: { from: { state: "unknown" }, to: { state: "healthy" } } },
    { change: { to: { state: "silent", reason: "does not answer: ECONNRESET" } } },
    { change: { from: { state: "silent" }, to: { state: "healthy", reason: undefined } } },
  ]);
});

test.each([
  ["an error", ERROR],
  [
    "a text of megabytes for a hash, which would be kept",
    answered({ number: "0x9", hash: `0x${"9".repeat(1_000_000)}` }),
  ],
])("an answer to the head watch that is no block says nothing: %s", async (_, answer) => {
  const { builder } = builderThat(() => answer);
  const heads = new RecentHeads();
  heads.saw(9n, "0x9");
  await builder.watchHead(heads);
  expect(builder.health.state).toBe("unknown");
});

describe("a data availability limit that is set", () => {
  const LIMIT = requestBody(DA_LIMIT_METHOD, ['"0x1"', '"0x2"']);
  const isLimit = (body: string): boolean => body.includes(DA_LIMIT_METHOD);

  function builderWithLimit() {
    let toJob: UpstreamAnswer = VALID;
    let toFirstBlock: UpstreamAnswer = VALID;
    const { builder, daLimit, job } = builderThat((body) => {
      if (isLimit(body)) return answered(true);
      if (body === "block 1") return toFirstBlock;
      return body.startsWith("job") ? toJob : VALID;
    });
    const view = viewCalls(LIMIT)?.[0]?.view;
    daLimit.note(LIMIT, view === undefined ? undefined : member(view, "params"));
    return {
      builder,
      /** Whether the job brought the limit, and whether the builder may win at its end. */
      job: async (answer: UpstreamAnswer, firstBlock = VALID) => {
        toJob = answer;
        toFirstBlock = firstBlock;
        const calls = await job();
        return { brings: calls.filter(isLimit).length, mayWin: (await builder.aside.notCaughtUp(NOW)) === undefined };
      },
      told: () => builder.aside.tell(LIMIT, { setsDaLimit: true, isWanted: () => true }),
    };
  }

  test("is brought again to a builder that restarted between two calls and answers SYNCING, before it may win", async () => {
    const { job, told } = builderWithLimit();
    await told();
    expect(await job(VALID)).toEqual({ brings: 0, mayWin: true });
    expect(await job(SYNCING)).toEqual({ brings: 0, mayWin: false });
    expect(await job(VALID)).toEqual({ brings: 1, mayWin: true });
  });

  test("is lost with the blocks also where a block alone is answered SYNCING", async () => {
    const { job, told } = builderWithLimit();
    await told();
    expect(await job(VALID, SYNCING)).toEqual({ brings: 0, mayWin: false });
    expect(await job(VALID)).toEqual({ brings: 1, mayWin: true });
  });

  test("does not keep a builder that is brought old blocks from winning with the job that brought the limit", async () => {
    const { job, told } = builderWithLimit();
    await told();
    await job(SYNCING);
    expect(await job(VALID, SYNCING)).toEqual({ brings: 1, mayWin: true });
  });

  test("costs a builder that follows, or refuses a job, no call", async () => {
    const { job, told } = builderWithLimit();
    await told();
    const jobs = [await job(VALID), await job(ERROR), await job(VALID)];
    expect(jobs).toEqual(Array(3).fill({ brings: 0, mayWin: true }));
  });

  test("goes to one that lags with each of its jobs, and once more with the first it follows again", async () => {
    const { job, told } = builderWithLimit();
    await told();
    const brings = [];
    for (const answer of [SYNCING, SYNCING, SYNCING, VALID, VALID]) brings.push((await job(answer)).brings);
    expect(brings).toEqual([0, 1, 1, 1, 0]);
  });
});
