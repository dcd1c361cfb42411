import { setTimeout as sleep } from "node:timers/promises";
import { apiRequests } from "./api-requests.ts";
import type { OperatorProcess } from "./operator-process.ts";

/** What a while without any change cost. */
export type Quiet = {
  /** Of one core. */
  readonly cpuPercent: number;
  /** The highest of a sample each second. */
  readonly rssMiB: number;
  /** Of everyone who talks to the API server. */
  readonly apiRequestsAMinute: number;
};

/** Lets `seconds` pass and tells what the operator used. `tick` is called each second. */
export async function measureQuiet(
  operator: OperatorProcess,
  kubeconfig: string,
  seconds: number,
  tick: (left: number) => void,
): Promise<Quiet> {
  const requestsBefore = await apiRequests(kubeconfig);
  const before = operator.usage();
  const startedAtMs = performance.now();
  let rssMiB = before.rssMiB;
  for (let left = seconds; left > 0; left--) {
    tick(left);
    await sleep(1_000);
    rssMiB = Math.max(rssMiB, operator.usage().rssMiB);
  }
  const tookSeconds = (performance.now() - startedAtMs) / 1_000;
  const cpuSeconds = operator.usage().cpuSeconds - before.cpuSeconds;
  const requests = (await apiRequests(kubeconfig)) - requestsBefore;
  return {
    cpuPercent: (100 * cpuSeconds) / tookSeconds,
    rssMiB,
    apiRequestsAMinute: (60 * requests) / tookSeconds,
  };
}

/** API requests a minute of everyone but the operator, which must have ended. */
export async function backgroundRequests(kubeconfig: string, seconds: number): Promise<number> {
  const before = await apiRequests(kubeconfig);
  await sleep(seconds * 1_000);
  return (60 * ((await apiRequests(kubeconfig)) - before)) / seconds;
}
