import { describe, expect, test } from "vitest";
import { JobClaims } from "../../../../proxy/balancer/job-claims.ts";
import type { JobOutcome, Leadership } from "../../../../proxy/contract/status.ts";

const SLOT = { parentHash: "0xaa", timestamp: 12n };

type Ask = readonly [sequencer: string | undefined, leadership: Leadership, job: string];

/** Asks in their order for the same slot: the outcomes, and which of the jobs is live at the end. */
function played(...asks: readonly Ask[]): readonly (JobOutcome | string)[] {
  const claims = new JobClaims();
  const outcomes = asks.map(([id, leadership, job]) => claims.claim(SLOT, job, { id, leadership }));
  const live = [...new Set(asks.map(([, , job]) => job))].filter((job) => claims.isLive(job));
  expect(live.length).toBeLessThanOrEqual(1);
  return [...outcomes, live.join()];
}

describe("for one (parent, timestamp) there are never two live jobs", () => {
  test.each<[what: string, asks: readonly Ask[], expected: readonly string[]]>([
    ["the first request starts a job", [["a", "unknown", "1"]], ["started", "1"]],
    [
      "the same request by the same sequencer shares it",
      [
        ["a", "leader", "1"],
        ["a", "leader", "1"],
      ],
      ["started", "shared", "1"],
    ],
    [
      "the same request by another shares it",
      [
        ["a", "unknown", "1"],
        ["b", "unknown", "1"],
      ],
      ["started", "shared", "1"],
    ],
    [
      "a new request by the same sequencer (a new L1 origin) replaces its own",
      [
        ["a", "unknown", "1"],
        ["a", "unknown", "2"],
      ],
      ["started", "replaced", "2"],
    ],
    [
      "also where it led when it asked first",
      [
        ["a", "leader", "1"],
        ["a", "unknown", "2"],
      ],
      ["started", "replaced", "2"],
    ],
    [
      "a different one by another sequencer is refused",
      [
        ["a", "unknown", "1"],
        ["b", "unknown", "2"],
      ],
      ["started", "refused", "1"],
    ],
    [
      "the confirmed leader replaces a job of one that is not confirmed",
      [
        ["a", "unknown", "1"],
        ["b", "leader", "2"],
      ],
      ["started", "replaced", "2"],
    ],
    [
      "and is not replaced by it",
      [
        ["b", "leader", "2"],
        ["a", "unknown", "1"],
      ],
      ["started", "refused", "2"],
    ],
    [
      "of two confirmed leaders (C-2) the first has it",
      [
        ["a", "leader", "1"],
        ["b", "leader", "2"],
      ],
      ["started", "refused", "1"],
    ],
    [
      "a confirmed leader that shares a job holds it from then on",
      [
        ["a", "unknown", "1"],
        ["b", "leader", "1"],
        ["a", "unknown", "2"],
      ],
      ["started", "shared", "refused", "1"],
    ],
    [
      "one that is not confirmed and shares a job does not hold it",
      [
        ["a", "unknown", "1"],
        ["b", "unknown", "1"],
        ["b", "unknown", "2"],
      ],
      ["started", "shared", "refused", "1"],
    ],
    [
      "a holder that is confirmed later holds against the next leader's claim",
      [
        ["a", "unknown", "1"],
        ["a", "leader", "1"],
        ["b", "leader", "2"],
      ],
      ["started", "shared", "refused", "1"],
    ],
    [
      "after a replacement the one replaced is refused too",
      [
        ["a", "unknown", "1"],
        ["b", "leader", "2"],
        ["a", "unknown", "1"],
      ],
      ["started", "replaced", "refused", "2"],
    ],
    ["a sequencer that is known to follow gets no job", [["a", "follower", "1"]], ["refused", ""]],
    [
      "nor does it share one",
      [
        ["a", "leader", "1"],
        ["b", "follower", "1"],
      ],
      ["started", "refused", "1"],
    ],
    [
      "callers without a name are not taken for the same",
      [
        [undefined, "unknown", "1"],
        [undefined, "unknown", "2"],
      ],
      ["started", "refused", "1"],
    ],
  ])("%s", (_, asks, expected) => {
    expect(played(...asks)).toEqual(expected);
  });
});

test("two sequencers, every leadership and every order of three requests: one live job, and a confirmed leader's stays", () => {
  const asks: readonly Ask[] = (["a", "b"] as const).flatMap((id) =>
    (["leader", "unknown", "follower"] as const).flatMap((leadership) =>
      ["1", "2", "3"].map((job): Ask => [id, leadership, job]),
    ),
  );
  for (const first of asks)
    for (const second of asks)
      for (const third of asks) {
        const outcomes = played(first, second, third);
        const others = second[0] !== first[0] && second[1] !== "leader";
        if (first[1] === "leader" && others) expect(outcomes[1]).not.toBe("replaced");
      }
});

test("other slots are none of its business: another timestamp on the same parent, another parent at the same time", () => {
  const claims = new JobClaims();
  const outcomes = [SLOT, { ...SLOT, timestamp: 14n }, { ...SLOT, parentHash: "0xbb" }].map((slot, index) =>
    claims.claim(slot, String(index), { id: "a", leadership: "unknown" }),
  );
  expect(outcomes).toEqual(["started", "started", "started"]);
  expect(claims.counts).toEqual({ started: 3, shared: 0, replaced: 0, refused: 0 });
});

test("only the newest slots are kept", () => {
  const claims = new JobClaims();
  for (let number = 0n; number < 200n; number += 1n) {
    claims.claim({ parentHash: "0xaa", timestamp: number }, `job-${number}`, { id: "a", leadership: "leader" });
  }
  expect(claims.isLive("job-199")).toBe(true);
  expect(claims.isLive("job-136")).toBe(true);
  expect(claims.isLive("job-135")).toBe(false);
});

describe("who may say how blocks are to be built", () => {
  test.each<[what: string, holder: Ask | undefined, caller: readonly [string | undefined, Leadership], may: boolean]>([
    ["a confirmed leader, whoever has the newest job", ["a", "leader", "1"], ["b", "leader"], true],
    ["no one that is known to follow", undefined, ["a", "follower"], false],
    ["one that does not know, while nobody else is confirmed", ["a", "unknown", "1"], ["b", "unknown"], true],
    ["one that does not know, before any job", undefined, [undefined, "unknown"], true],
    ["one that does not know any more, but held the newest job", ["a", "leader", "1"], ["a", "unknown"], true],
    ["not one that does not know, where another is confirmed", ["a", "leader", "1"], ["b", "unknown"], false],
    ["nor one without a name", [undefined, "leader", "1"], [undefined, "unknown"], false],
  ])("%s", (_, holder, [id, leadership], may) => {
    const claims = new JobClaims();
    claims.claim({ ...SLOT, timestamp: 10n }, "0", { id: "old", leadership: "leader" });
    if (holder === undefined) expect(new JobClaims().maySetLimits({ id, leadership })).toBe(may);
    else {
      const [holderId, holderLeadership, job] = holder;
      claims.claim(SLOT, job, { id: holderId, leadership: holderLeadership });
      expect(claims.maySetLimits({ id, leadership })).toBe(may);
    }
  });
});

describe("of a slot whose building began before this process, whose jobs it may have forgotten", () => {
  const before = { ...SLOT, isBefore: true };

  test.each<[leadership: Leadership, outcome: JobOutcome]>([
    ["leader", "started"],
    ["unknown", "refused"],
    ["follower", "refused"],
  ])("a first request of a %s is %s", (leadership, outcome) => {
    expect(new JobClaims().claim(before, "1", { id: "a", leadership })).toBe(outcome);
  });

  test("a confirmed leader's job counts as in any other slot", () => {
    const claims = new JobClaims();
    claims.claim(before, "1", { id: "a", leadership: "leader" });
    expect(claims.claim(before, "1", { id: "b", leadership: "unknown" })).toBe("shared");
    expect(claims.claim(before, "2", { id: "a", leadership: "unknown" })).toBe("replaced");
    expect(claims.claim(before, "3", { id: "b", leadership: "unknown" })).toBe("refused");
  });
});
