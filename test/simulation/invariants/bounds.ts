import { LANE_DEFAULTS } from "../../../proxy/engine-api/lane.ts";
import type { UpstreamCallRecord } from "../journal.ts";
import { first } from "./answers.ts";
import { type Invariant, named } from "./seen.ts";

const JOBS_MAX = 64;
const KEPT_BYTES_MAX = 64 * 1024 * 1024;

/** Execution clients have a call's connection for so long (E-4). */
const CALL_MS_MAX = 30_000;

/** What is promised about sizes, time and faults of our own. */
export const boundInvariants: readonly Invariant[] = [
  {
    clause: "design 4: everything has a bound",
    rule: "jobs, kept bytes, decisions under way and lanes stay within their bounds",
    broken: ({ journal }) =>
      first(journal.sizes, (sizes) =>
        sizes.jobs > JOBS_MAX ||
        sizes.keptBytes > KEPT_BYTES_MAX ||
        sizes.deciding > sizes.callsUnderWay ||
        sizes.decidingBehind > JOBS_MAX ||
        sizes.laneDepth > LANE_DEFAULTS.entriesMax
          ? JSON.stringify(sizes)
          : undefined,
      ),
  },
  {
    clause: "design 4: everything has a bound",
    rule: "every call ends by its deadline",
    broken: ({ journal }) =>
      first<UpstreamCallRecord<unknown>>([...journal.upstreamCalls, ...journal.behindCalls], (record) =>
        record.end === undefined || record.end.atMs > record.deadlineMs || record.deadlineMs > record.atMs + CALL_MS_MAX
          ? named(record)
          : undefined,
      ),
  },
  {
    clause: "design 4: everything has a bound",
    rule: "nothing is left when all is over: no alarm, no connection",
    broken: ({ journal: { left } }) =>
      left?.alarms === 0 && left.connections === 0 ? undefined : JSON.stringify(left),
  },
  {
    clause: "goal 1",
    rule: "nothing is thrown and nothing rejects",
    broken: ({ journal }) => journal.violations[0],
  },
];
