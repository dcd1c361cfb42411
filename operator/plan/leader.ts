import type { Leadership } from "../api/cluster-status.ts";

/** What one op-conductor said; undefined: it did not answer that call. */
export type ConductorAnswer = {
  readonly sequencer: string;
  readonly raftServerId: string;
  /** `conductor_leader`. */
  readonly leads: boolean | undefined;
  /** `id` of `conductor_leaderWithID`; empty: it knows of none. */
  readonly leaderId: string | undefined;
};

/**
 * Who leads, by sequencer (C-18): the one member that says so; if several do (normal for about a second), the one whose
 * raft server id most members name. No decision: nobody is called leader, and those that claim it or are silent are `unknown`.
 */
export function leadershipOf(answers: readonly ConductorAnswer[]): Readonly<Record<string, Leadership>> {
  const claimants = answers.filter((answer) => answer.leads === true);
  const leader = claimants.length > 1 ? claimants.find((claimant) => isNamedByMost(claimant, answers)) : claimants[0];
  return Object.fromEntries(
    answers.map((answer) => [answer.sequencer, leadershipOfOne(answer, leader)] satisfies [string, Leadership]),
  );
}

function leadershipOfOne(answer: ConductorAnswer, leader: ConductorAnswer | undefined): Leadership {
  if (answer === leader) return "leader";
  if (answer.leads === false) return "follower";
  return answer.leads === true && leader !== undefined ? "follower" : "unknown";
}

const isNamedByMost = (claimant: ConductorAnswer, answers: readonly ConductorAnswer[]): boolean =>
  answers.filter((answer) => answer.leaderId === claimant.raftServerId).length > answers.length / 2;
