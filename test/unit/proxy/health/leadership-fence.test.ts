import { expect, test } from "vitest";
import type { Leadership } from "../../../../proxy/contract/status.ts";
import type { Upstream, UpstreamAnswer } from "../../../../proxy/engine-api/upstream-client.ts";
import { LeadershipFence } from "../../../../proxy/health/leadership-fence.ts";
import type { Observed } from "../../../../proxy/health/state-change.ts";
import { ManualClock } from "../kit/manual-clock.ts";

const says = (result: string) => ({
  kind: "answered" as const,
  status: 200,
  headers: {},
  body: Buffer.from(`{"jsonrpc":"2.0","id":1,"result":${result}}`),
});

/** A fence before an op-conductor that answers when the test says so. */
function fenceTo() {
  const clock = new ManualClock();
  const questions: { readonly deadlineMs: number; readonly answer: (answer: UpstreamAnswer) => void }[] = [];
  const client: Upstream = {
    call: ({ deadline }) =>
      new Promise((answer) => questions.push({ deadlineMs: deadline.atMs - clock.monotonicMs(), answer })),
    close: () => Promise.resolve(),
  };
  const counted: Leadership[] = [];
  const changes: Observed["change"][] = [];
  const fence = new LeadershipFence("http://op-conductor-0:8547", {
    client,
    clock,
    answered: (answer) => counted.push(answer),
    observe: (observed) => changes.push(observed.change),
  });
  const sent: string[] = [];
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };
  return {
    fence,
    clock,
    questions,
    counted,
    changes,
    sent,
    settled,
    job: (name: string) =>
      fence.job((answer) => {
        sent.push(`${name} ${answer}`);
        return [answer];
      }),
    head: (name: string) => fence.head(() => sent.push(name)),
    answer: async (question: number, answer: UpstreamAnswer) => {
      questions[question]?.answer(answer);
      await settled();
    },
  };
}

test("each job asks, with 100 ms; jobs that come meanwhile share the question and keep their order", async () => {
  const f = fenceTo();
  const jobs = ["job 1", "job 2", "job 3"].map(f.job);
  expect(f.questions.map(({ deadlineMs }) => deadlineMs)).toEqual([100]);
  await f.answer(0, says("true"));
  expect(f.sent).toEqual(["job 1 leader", "job 2 leader", "job 3 leader"]);
  expect(await Promise.all(jobs)).toEqual([["leader"], ["leader"], ["leader"]]);
  void f.job("job 4");
  expect(f.questions).toHaveLength(2);
  await f.answer(1, says("false"));
  expect(f.sent.at(-1)).toBe("job 4 follower");
  expect(f.counted).toEqual(["leader", "follower"]);
  expect(f.fence.last?.answer).toBe("follower");
});

test("each change of the answer is told once, with why it is unknown, and none once the fence is closed", async () => {
  const f = fenceTo();
  const answers: readonly UpstreamAnswer[] = [
    says("true"),
    says("true"),
    { kind: "late" },
    { kind: "unreachable", detail: "ECONNREFUSED" },
    says("false"),
  ];
  for (const [question, answer] of answers.entries()) {
    void f.job("job");
    await f.answer(question, answer);
  }
  void f.job("job");
  await f.fence.close();
  await f.answer(answers.length, { kind: "unreachable", detail: "its connections were closed" });
  expect(f.changes.map(({ from, to }) => [from.state, to.state, to.reason])).toEqual([
    ["not_asked", "leader", undefined],
    ["leader", "unknown", "op-conductor does not answer within 100 ms"],
    ["unknown", "follower", undefined],
  ]);
});

test.each([
  ["late", { kind: "late" }],
  ["unreachable", { kind: "unreachable", detail: "ECONNREFUSED" }],
  ["HTTP 500", { ...says("false"), status: 500 }],
  ["a text", says('"false"')],
  ["a number", says("0")],
  ["null", says("null")],
] as const satisfies readonly (readonly [string, UpstreamAnswer])[])(
  "unknown is no clear answer: %s",
  async (_, answer) => {
    const f = fenceTo();
    void f.job("job");
    f.head("head");
    await f.answer(0, answer);
    expect(f.sent).toEqual(["job unknown"]);
  },
);

test("a head is sent only where op-conductor confirms that the sequencer leads", async () => {
  const f = fenceTo();
  f.head("head 1");
  await f.answer(0, says("true"));
  f.clock.advance(500);
  f.head("head 2");
  await f.answer(1, says("false"));
  expect(f.sent).toEqual(["head 1"]);
});

test("an answer younger than 500 ms confirms more heads; an older one does not", async () => {
  const f = fenceTo();
  f.head("head 1");
  await f.answer(0, says("true"));
  f.clock.advance(499);
  f.head("head 2");
  await f.settled();
  expect([f.sent, f.questions.length]).toEqual([["head 1", "head 2"], 1]);
  f.clock.advance(1);
  f.head("head 3");
  await f.settled();
  expect([f.sent.length, f.questions.length]).toEqual([2, 2]);
});

test("a burst of 5,000 heads is one question, and the newest head", async () => {
  const f = fenceTo();
  for (let head = 0; head < 5_000; head += 1) f.head(`head ${head}`);
  expect(f.questions).toHaveLength(1);
  await f.answer(0, says("true"));
  expect(f.sent).toEqual(["head 4999"]);
});

test("a job names the newest head: one that waits is not sent any more, and one after it goes after it", async () => {
  const f = fenceTo();
  f.head("head 1");
  void f.job("job 2");
  f.head("head 3");
  await f.answer(0, says("true"));
  expect(f.sent).toEqual(["job 2 leader", "head 3"]);
});

test("closed, it sends no head that waits", async () => {
  const f = fenceTo();
  f.head("head");
  await f.fence.close();
  await f.answer(0, says("true"));
  expect(f.sent).toEqual([]);
});
