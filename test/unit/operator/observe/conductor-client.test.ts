import { expect, test } from "vitest";
import { observeLeadership } from "../../../../operator/observe/conductor-client.ts";
import { cluster } from "../kit/cluster.ts";
import { httpStub, type StubAnswer } from "../kit/http-stub.ts";

const signal = () => new AbortController().signal;

const conductor = (leads: boolean, leaderId: string) =>
  httpStub(({ body }): StubAnswer => {
    const { id, method } = JSON.parse(body);
    const result = { conductor_leader: leads, conductor_leaderWithID: { id: leaderId, addr: "x:1", suffrage: 0 } }[
      method as string
    ];
    return { body: JSON.stringify({ jsonrpc: "2.0", id, result }) };
  });

const withConductors = (...urls: readonly (string | undefined)[]) => {
  const [first] = cluster().spec.sequencers;
  const sequencers = urls.map((url, index) => ({
    ...first,
    name: `sequencer-${index}`,
    builder: undefined,
    conductor: url === undefined ? undefined : { url, raftServerId: `raft-${index}` },
  }));
  return cluster({ sequencers });
};

test("the op-conductors are asked who leads, by reading calls only (C-18, C-20)", async () => {
  await using zero = await conductor(false, "raft-1");
  await using one = await conductor(true, "raft-1");
  const leadership = await observeLeadership(withConductors(zero.url, one.url, undefined), signal());
  expect(leadership).toEqual({ "sequencer-0": "follower", "sequencer-1": "leader", "sequencer-2": "unknown" });
  const methods = [...zero.calls, ...one.calls].map(({ body }) => JSON.parse(body).method);
  expect(methods).toEqual(["conductor_leader", "conductor_leader"]);
});

test("where two claim to lead, they are asked whom they name (C-18)", async () => {
  await using zero = await conductor(true, "raft-1");
  await using one = await conductor(true, "raft-1");
  expect(await observeLeadership(withConductors(zero.url, one.url), signal())).toEqual({
    "sequencer-0": "follower",
    "sequencer-1": "leader",
  });
});

test("one that refuses, one that answers an error and one that answers nonsense are unknown; the leader is still found", async () => {
  await using leader = await conductor(true, "raft-0");
  await using failing = await httpStub(() => ({
    body: '{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"x"}}',
  }));
  await using nonsense = await httpStub(() => ({ statusCode: 502, body: "<html>" }));
  const wanted = withConductors(leader.url, "http://127.0.0.1:1", failing.url, nonsense.url);
  expect(await observeLeadership(wanted, signal())).toEqual({
    "sequencer-0": "leader",
    "sequencer-1": "unknown",
    "sequencer-2": "unknown",
    "sequencer-3": "unknown",
  });
});

test("one that hangs is given a second at most, or as long as the caller waits", async () => {
  await using hanging = await httpStub(() => "hang");
  const startedAtMs = performance.now();
  expect(await observeLeadership(withConductors(hanging.url), signal())).toEqual({ "sequencer-0": "unknown" });
  expect(performance.now() - startedAtMs).toBeLessThan(1_900);
  const endedAtMs = performance.now();
  await observeLeadership(withConductors(hanging.url), AbortSignal.timeout(50));
  expect(performance.now() - endedAtMs).toBeLessThan(900);
});
