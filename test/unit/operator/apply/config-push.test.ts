import { expect, test } from "vitest";
import { observedAfterPush, pushConfig } from "../../../../operator/apply/config-push.ts";
import { configText } from "../../../../operator/plan/manifests/config-map.ts";
import { cluster } from "../kit/cluster.ts";
import { httpStub, type StubAnswer } from "../kit/http-stub.ts";
import { proxy, settled } from "../kit/observed.ts";

const document = settled(cluster()).sequencers["sequencer-0"]?.written;
if (document === undefined) throw new Error("nothing was written");
const adminToken = "token-of-the-test";

const push = async (answer: StubAnswer) => {
  await using stub = await httpStub(() => answer);
  const outcome = await pushConfig({ adminUrl: stub.url, adminToken }, document, new AbortController().signal);
  return { outcome, calls: stub.calls };
};

const answer = (outcome: string, revision: number, problems: readonly object[] = []): StubAnswer => ({
  statusCode: outcome === "accepted" ? 200 : 409,
  body: JSON.stringify({ outcome, revision, problems, unknownFields: [] }),
});

test("exactly the written document is pushed, with the admin token, and the revision read back", async () => {
  const { outcome, calls } = await push(answer("accepted", 1));
  expect(outcome).toEqual({ kind: "confirmed", revision: 1 });
  expect(calls).toMatchObject([
    { method: "PUT", path: "/config", body: configText(document), headers: { authorization: `Bearer ${adminToken}` } },
  ]);
});

test.each([
  ["a higher revision runs", answer("ignored", 9), { kind: "outrun", revision: 9, conflict: false }],
  ["other content of the same revision runs", answer("conflict", 1), { kind: "outrun", revision: 1, conflict: true }],
  [
    "the proxy does not take it",
    answer("refused", 0, [{ path: "timing", found: "nothing", allowed: "an object" }]),
    {
      kind: "refused",
      problem: "refused revision 1: timing: found nothing, allowed: an object; is its image older than the operator?",
    },
  ],
  [
    "its disk is full: no fault of the document, nor of the image",
    {
      statusCode: 503,
      body: JSON.stringify({
        outcome: "refused",
        revision: 0,
        problems: [{ path: "", found: "a state folder that cannot keep it: ENOSPC", allowed: "room; then again" }],
        unknownFields: [],
        notKept: "ENOSPC",
      }),
    },
    {
      kind: "refused",
      problem:
        "refused revision 1: (document): found a state folder that cannot keep it: ENOSPC, allowed: room; then again",
    },
  ],
  [
    "another server",
    { body: '{"ok":true}' },
    { kind: "failed", problem: "PUT /config answered HTTP 200, not as a proxy does" },
  ],
] as const)("%s: said, with what the next plan needs", async (_, given, expected) => {
  expect((await push(given)).outcome).toMatchObject(expected);
});

test("a wrong token is said without the token", async () => {
  const { outcome } = await push({ statusCode: 401, body: "{}" });
  expect(outcome).toMatchObject({ kind: "failed", problem: expect.stringContaining("refused the admin token") });
  expect(JSON.stringify(outcome)).not.toContain(adminToken);
});

test("the plan hears of a conflict, people of a refusal, nobody of a success", () => {
  const observed = proxy(document);
  expect(observedAfterPush(observed, { kind: "confirmed", revision: 1 })).toEqual(observed);
  expect(observedAfterPush(observed, { kind: "outrun", revision: 1, conflict: true, problem: "p" })).toMatchObject({
    conflict: true,
    problem: "p",
  });
  expect(observedAfterPush({ ...observed, problem: "first" }, { kind: "failed", problem: "second" }).problem).toBe(
    "first",
  );
});
