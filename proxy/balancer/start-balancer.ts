import type { Builder } from "../builder.ts";
import { commonParts, type Surroundings } from "../common-parts.ts";
import type { ValidConfig } from "../config-store.ts";
import { type BalancerConfig, parseBalancerConfig } from "../contract/config-file.ts";
import { JobBook } from "../payload-job/job-book.ts";
import { decisionSink } from "../sequencer-proxy.ts";
import { type StartedProxy, serve } from "../serving.ts";
import { proxyStatus } from "../status-view.ts";
import { type BuilderWiring, closeRemovedBuilders } from "../wiring.ts";
import type { Balancer } from "./balancer.ts";
import { balancerEngineServer } from "./balancer-engine-server.ts";
import { wireBalancer } from "./balancer-wiring.ts";
import { BlockAuthors } from "./block-authors.ts";
import { JobClaims } from "./job-claims.ts";

/** Wires a balancer and listens on its engine, admin and debug ports; without an execution client there is no rpc port. */
export async function startBalancer(
  starting: Omit<ValidConfig<BalancerConfig>, "kind">,
  surroundings: Surroundings,
): Promise<StartedProxy> {
  const { clock, log } = surroundings;
  const parts = await commonParts<BalancerConfig, BuilderWiring<BalancerConfig>>(
    starting,
    { parse: parseBalancerConfig, wire: wireBalancer, closeRemoved: closeRemovedBuilders },
    surroundings,
  );
  const { background, running, modes, metrics, ledger, readiness, startedAtMs } = parts;
  metrics.shows({ builders: () => running.wiring.builders, isExecutionClientUsable: () => true });
  const balancer: Balancer = {
    wiring: () => running.wiring,
    executionMode: () => modes.effective,
    claims: new JobClaims(),
    startedAtMs,
    jobs: new JobBook<Builder>(),
    authors: new BlockAuthors(),
    deciding: new Map(),
    clock,
    fault: (error) => background.fault(error),
    decided: decisionSink({ ledger, metrics, log, background }),
    asked: (outcome) => metrics.jobAsked(outcome),
  };
  // Builders alone make it neither unhealthy nor unready: the proxies see at each job what it has to offer.
  const health = { isHealthy: () => true, isReady: () => readiness.isReady(true) };
  return serve(
    parts,
    {
      engine: balancerEngineServer({ balancer, health, isDraining: () => readiness.draining, metrics, log }),
      health,
      status: () => proxyStatus(parts, { ready: health.isReady(), jobs: balancer.claims.counts }),
      hasOpenJob: () => balancer.jobs.hasOpenJob,
      watched: () => running.wiring.builders,
      heads: balancer.jobs.heads,
    },
    surroundings,
  );
}
