import { expect, test } from "vitest";
import { type ConductorAnswer, leadershipOf } from "../../../../operator/plan/leader.ts";

const answer = (index: number, leads?: boolean, leaderId?: string): ConductorAnswer => ({
  sequencer: `s${index}`,
  raftServerId: `raft-${index}`,
  leads,
  leaderId,
});

const table: readonly [string, readonly ConductorAnswer[], Record<string, string>][] = [
  [
    "one says that it leads: it does",
    [answer(0, false, "raft-1"), answer(1, true, "raft-1"), answer(2, false, "raft-1")],
    { s0: "follower", s1: "leader", s2: "follower" },
  ],
  [
    "the only claimant leads although the others are silent; of those nothing is known",
    [answer(0, true, "raft-0"), answer(1), answer(2)],
    { s0: "leader", s1: "unknown", s2: "unknown" },
  ],
  [
    "two say so: the one that most members name leads (C-18)",
    [answer(0, true, "raft-0"), answer(1, true, "raft-1"), answer(2, false, "raft-1")],
    { s0: "follower", s1: "leader", s2: "follower" },
  ],
  [
    "two say so and no majority names one: unknown (C-18)",
    [answer(0, true, "raft-0"), answer(1, true, "raft-1"), answer(2)],
    { s0: "unknown", s1: "unknown", s2: "unknown" },
  ],
  ["nobody says so: nobody leads", [answer(0, false, ""), answer(1, false, "")], { s0: "follower", s1: "follower" }],
  ["no op-conductors", [], {}],
];
test.each(table)("%s", (_, answers, expected) => {
  expect(leadershipOf(answers)).toEqual(expected);
});
