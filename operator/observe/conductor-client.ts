import { z } from "zod";
import type { RollupBoostCluster, SequencerSpec } from "../api/cluster.ts";
import type { Leadership } from "../api/cluster-status.ts";
import { type ConductorAnswer, leadershipOf } from "../plan/leader.ts";
import { httpJson } from "./http-json.ts";

/** raft itself gives a leader up after a lease of 500 ms; an op-conductor that is slower than this knows nothing new. */
const CONDUCTOR_DEADLINE_MS = 1_000;

const LeaderAnswer = z.object({ result: z.boolean() });
const LeaderWithIdAnswer = z.object({ result: z.object({ id: z.string() }) });

/** Who leads, by sequencer name, as the op-conductors say (C-18). A sequencer without one is `unknown`. Never rejects. */
export async function observeLeadership(
  cluster: RollupBoostCluster,
  signal: AbortSignal,
): Promise<Readonly<Record<string, Leadership>>> {
  const { sequencers } = cluster.spec;
  const answers = await Promise.all(sequencers.flatMap((sequencer) => askWhetherItLeads(sequencer, signal) ?? []));
  const isDisputed = answers.filter(({ leads }) => leads === true).length > 1;
  const complete = isDisputed ? await Promise.all(answers.map((answer) => askWhoLeads(answer, signal))) : answers;
  const unasked = Object.fromEntries(sequencers.map(({ name }) => [name, "unknown"] satisfies [string, Leadership]));
  return { ...unasked, ...leadershipOf(complete) };
}

type Asked = ConductorAnswer & { readonly url: string };

/** Reads only: the operator never makes a write call to an op-conductor (C-20). */
function askWhetherItLeads({ name, conductor }: SequencerSpec, signal: AbortSignal): Promise<Asked> | undefined {
  if (conductor === undefined) return undefined;
  const { url, raftServerId } = conductor;
  return call(url, "conductor_leader", signal).then((answer) => ({
    url,
    sequencer: name,
    raftServerId,
    leads: LeaderAnswer.safeParse(answer).data?.result,
    leaderId: undefined,
  }));
}

/** Only where several claim to lead does it matter whom each of them names. */
async function askWhoLeads(answer: Asked, signal: AbortSignal): Promise<ConductorAnswer> {
  const named = LeaderWithIdAnswer.safeParse(await call(answer.url, "conductor_leaderWithID", signal));
  return { ...answer, leaderId: named.data?.result.id };
}

async function call(url: string, method: string, signal: AbortSignal): Promise<unknown> {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method, params: [] });
  const answer = await httpJson({ method: "POST", url, body, signal, deadlineMs: CONDUCTOR_DEADLINE_MS });
  return answer.kind === "json" ? answer.value : undefined;
}
