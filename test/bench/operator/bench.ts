import { setTimeout as sleep } from "node:timers/promises";
import { connect, type KubeClient } from "../../../operator/kubernetes/kube-client.ts";
import { startControlPlane } from "../../kubernetes/control-plane/source.ts";
import { applyCrds } from "../../kubernetes/kit/crds.ts";
import { quantile } from "../measure.ts";
import { watchClusters } from "./cluster-watch.ts";
import { addConductors, createFleet, type FleetMember, fleetOf, LEADER, moveBuilder, SEQUENCERS } from "./fleet.ts";
import { type OperatorProcess, startOperator } from "./operator-process.ts";
import { runPods } from "./pod-runner.ts";
import type { Progress } from "./progress.ts";
import { backgroundRequests, measureQuiet } from "./quiet.ts";
import type { Row } from "./result-table.ts";
import { simulatedConductors } from "./simulated-conductors.ts";
import { type SimulatedProxies, simulatedProxies } from "./simulated-proxies.ts";

export type BenchOptions = {
  readonly clusters: number;
  /** How many of them get op-conductors. */
  readonly conducted: number;
  readonly changes: number;
  readonly quietSeconds: number;
  /** For the operator's node. */
  readonly nodeArguments: readonly string[];
  readonly logFile: string;
};

/** What the last change set off is over after this long. */
const SETTLE_MS = 20_000;
const CONVERGE_DEADLINE_MS = 30 * 60_000;
const PUSH_DEADLINE_MS = 10_000;
const BACKGROUND_SECONDS = 15;
const POLL_MS = 100;

/** Runs the whole measurement. Rejects when the operator ends or does not get there. */
export async function bench(options: BenchOptions, progress: Progress): Promise<readonly Row[]> {
  progress.show("starting the control plane");
  const controlPlane = await startControlPlane(process.env, { progress: progress.show, prepare });
  try {
    return await benchOn(controlPlane.kubeconfig, options, progress);
  } finally {
    await controlPlane.close();
  }
}

async function benchOn(kubeconfig: string, options: BenchOptions, progress: Progress): Promise<readonly Row[]> {
  const { clusters, conducted, changes, quietSeconds } = options;
  const fleet = fleetOf(clusters);
  const client = connect({ kubeconfig });
  await createFleet(client, fleet, (done) => progress.show(`created ${done} of ${clusters} clusters`));

  await using proxies = simulatedProxies();
  await using conductors = await simulatedConductors(LEADER);
  await using _pods = runPods(client, proxies);
  await using watch = watchClusters(client);

  const startedAtMs = performance.now();
  await using operator = startOperator(kubeconfig, options.logFile, options.nodeArguments);
  await waitFor(operator, () => {
    progress.show(`${watch.made()} of ${clusters * SEQUENCERS} sequencers have all children`);
    return watch.made() === clusters * SEQUENCERS;
  });
  const madeSeconds = (performance.now() - startedAtMs) / 1_000;
  await waitFor(operator, () => {
    progress.show(`${watch.ready()} of ${clusters} clusters ready`);
    return watch.ready() === clusters;
  });
  const convergeSeconds = (performance.now() - startedAtMs) / 1_000;
  const convergeUsage = operator.usage();

  progress.show("waiting until all is quiet");
  await sleep(SETTLE_MS);
  const tick = (left: number): void => progress.show(`quiet, ${left} s left`);
  const askedBefore = proxies.asked();
  const quiet = await measureQuiet(operator, kubeconfig, quietSeconds, tick);
  const statusReads = (proxies.asked() - askedBefore) / quietSeconds;
  const pushMs = await changeBuilders(client, fleet, proxies, changes, progress);

  await addConductors(client, fleet.slice(0, conducted), conductors);
  await waitFor(operator, () => {
    progress.show(`${watch.led()} of ${conducted} leaders known`);
    return watch.led() === conducted && watch.ready() === clusters;
  });
  progress.show("waiting until all is quiet");
  await sleep(SETTLE_MS);
  const callsBefore = conductors.asked();
  const polled = await measureQuiet(operator, kubeconfig, quietSeconds, tick);
  const conductorCalls = (conductors.asked() - callsBefore) / quietSeconds;

  progress.show("measuring what the API server does without the operator");
  await operator[Symbol.asyncDispose]();
  const background = await backgroundRequests(kubeconfig, BACKGROUND_SECONDS);
  await client.close();

  return [
    { what: `${clusters} clusters from empty to Ready`, measured: convergeSeconds, unit: "s" },
    { what: "  until the operator had made all children", measured: madeSeconds, unit: "s" },
    { what: "  operator's CPU time", measured: convergeUsage.cpuSeconds, unit: "s" },
    { what: "quiet, no op-conductors: CPU", measured: quiet.cpuPercent, unit: "% of a core", aim: 5 },
    { what: "  RSS", measured: quiet.rssMiB, unit: "MiB", aim: 300 },
    { what: "  API requests a minute", measured: Math.max(0, quiet.apiRequestsAMinute - background), unit: "" },
    { what: "  GET /status a second", measured: statusReads, unit: "" },
    { what: `quiet, ${conducted} with op-conductors: CPU`, measured: polled.cpuPercent, unit: "% of a core" },
    { what: "  RSS", measured: polled.rssMiB, unit: "MiB", aim: 300 },
    { what: "  API requests a minute", measured: Math.max(0, polled.apiRequestsAMinute - background), unit: "" },
    { what: "  op-conductor calls a second", measured: conductorCalls, unit: "" },
    { what: `builder's url edited to config pushed, p50 of ${changes}`, measured: quantile(pushMs, 0.5), unit: "ms" },
    { what: "  p99", measured: quantile(pushMs, 0.99), unit: "ms", aim: 250 },
    { what: "  longest", measured: Math.max(...pushMs), unit: "ms" },
  ];
}

/** Milliseconds from the edit's request to the document in the proxy, for one change after the other. */
async function changeBuilders(
  client: KubeClient,
  fleet: readonly FleetMember[],
  proxies: SimulatedProxies,
  changes: number,
  progress: Progress,
): Promise<readonly number[]> {
  const tookMs: number[] = [];
  for (let change = 0; change < changes; change++) {
    progress.show(`change ${change} of ${changes}`);
    // Spread over the whole fleet, so that most clusters were quiet before.
    const member = fleet[Math.floor((change * fleet.length) / changes)];
    if (member === undefined) throw new Error("there are no clusters to change");
    const url = `http://moved-${change}.${member.name}:8551`;
    const pushed = proxies.nextPush(({ builders }) => builders[0]?.url === url, PUSH_DEADLINE_MS);
    const startedAtMs = performance.now();
    await Promise.all([moveBuilder(client, member, url), pushed]);
    tookMs.push((await pushed).atMs - startedAtMs);
  }
  return tookMs;
}

async function waitFor(operator: OperatorProcess, isReached: () => boolean): Promise<void> {
  const untilMs = performance.now() + CONVERGE_DEADLINE_MS;
  while (!isReached()) {
    operator.usage();
    if (performance.now() > untilMs) throw new Error(`not there after ${CONVERGE_DEADLINE_MS} ms`);
    await sleep(POLL_MS);
  }
}

/** Before the controllers start: the garbage collector looks for new kinds only now and then. */
async function prepare(kubeconfig: string): Promise<void> {
  const client = connect({ kubeconfig });
  await applyCrds(client);
  await client.close();
}
