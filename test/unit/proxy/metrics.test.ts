import { expect, test } from "vitest";
import type { WiredBuilder } from "../../../proxy/builder-metrics.ts";
import type { BlockDecision } from "../../../proxy/contract/status.ts";
import { Metrics } from "../../../proxy/metrics.ts";

const builder = (name: string, state: WiredBuilder["health"]["state"], depth = 0, lost = 0): WiredBuilder => ({
  config: { name },
  health: { state },
  lane: { depth, lost },
  aside: { lost: lost * 10 },
});

const decision: BlockDecision = {
  at: "2026-11-22T00:00:00.000Z",
  payloadId: "0x0300000000000001",
  blockNumber: 7,
  blockHash: "0x07",
  source: "builder",
  builder: "alpha",
  tookMs: 90,
  answered: true,
  executionClient: { answeredMs: 3, gasUsed: "10000000" },
  builders: [
    { builder: "alpha", outcome: "chosen", answeredMs: 40, gasUsed: "12500000", verdict: "valid", validationMs: 30 },
    {
      builder: "beta",
      outcome: "validation_invalid",
      answeredMs: 60,
      gasUsed: "30000000",
      verdict: "invalid",
      validationMs: 20,
    },
    { builder: "gamma", outcome: "builder_late" },
  ],
};

function started() {
  const metrics = new Metrics();
  let builders = [builder("alpha", "healthy", 2), builder("beta", "lagging"), builder("gamma", "silent")];
  let isUsable = true;
  metrics.shows({ builders: () => builders, isExecutionClientUsable: () => isUsable });
  const run = (revision: number): void => metrics.running({ revision, builders: builders.map(({ config }) => config) });
  run(1);
  return {
    metrics,
    wire: (next: WiredBuilder[]) => {
      builders = next;
      run(2);
    },
    loseExecutionClient: () => {
      isUsable = false;
    },
    text: () => metrics.registry.metrics(),
    /** Samples of our own by name and labels, without buckets. */
    samples: async (): Promise<Readonly<Record<string, number>>> => {
      const found = (await metrics.registry.metrics()).matchAll(/^(rollup_boost_[a-z_]+(?:\{[^}]*\})?) (\S+)$/gm);
      return Object.fromEntries([...found].map(([, name, value]) => [name, Number(value)]));
    },
  };
}

test("one block counts for each builder: outcome, time, verdict, gas against the execution client's own", async () => {
  const { metrics, samples } = started();
  metrics.decided(decision);
  expect(await samples()).toMatchObject({
    'rollup_boost_blocks_total{source="builder"}': 1,
    'rollup_boost_blocks_total{source="execution_client"}': 0,
    'rollup_boost_rpc_blocks_created{source="builder"}': 1,
    'rollup_boost_rpc_blocks_created{source="l2"}': 0,
    'rollup_boost_builder_outcomes_total{builder="alpha",outcome="chosen"}': 1,
    'rollup_boost_builder_outcomes_total{builder="beta",outcome="validation_invalid"}': 1,
    'rollup_boost_builder_outcomes_total{builder="gamma",outcome="builder_late"}': 1,
    'rollup_boost_builder_blocks_total{builder="alpha"}': 1,
    'rollup_boost_builder_blocks_total{builder="beta"}': 0,
    'rollup_boost_builder_payload_duration_seconds_count{builder="alpha"}': 1,
    'rollup_boost_builder_payload_duration_seconds_sum{builder="beta"}': 0.06,
    'rollup_boost_builder_validations_total{builder="alpha",verdict="valid"}': 1,
    'rollup_boost_builder_validations_total{builder="beta",verdict="invalid"}': 1,
    'rollup_boost_builder_gas_delta_sum{builder="alpha"}': 2_500_000,
    rollup_boost_validation_duration_seconds_count: 2,
    rollup_boost_validation_duration_seconds_sum: 0.05,
  });
});

test("a block of the execution client counts under rollup-boost's word for it, and its reason; an unanswered call as no block", async () => {
  const { metrics, samples } = started();
  const { builder: _, ...own } = decision;
  metrics.decided({ ...own, source: "execution_client", fallbackReason: "builder_late", builders: [] });
  metrics.decided({ ...own, source: "execution_client", fallbackReason: "unknown_job", answered: false, builders: [] });
  expect(await samples()).toMatchObject({
    'rollup_boost_rpc_blocks_created{source="l2"}': 1,
    'rollup_boost_blocks_total{source="execution_client"}': 1,
    'rollup_boost_fallbacks_total{reason="builder_late"}': 1,
    'rollup_boost_fallbacks_total{reason="unknown_job"}': 1,
    'rollup_boost_fallbacks_total{reason="disabled"}': 0,
  });
});

test("a scrape shows each wired builder's state and lane now, and whether the execution client is usable", async () => {
  const { samples, loseExecutionClient } = started();
  expect(await samples()).toMatchObject({
    'rollup_boost_builder_state{builder="alpha",state="healthy"}': 1,
    'rollup_boost_builder_state{builder="alpha",state="silent"}': 0,
    'rollup_boost_builder_state{builder="beta",state="lagging"}': 1,
    'rollup_boost_builder_lane_depth{builder="alpha"}': 2,
    rollup_boost_execution_client_usable: 1,
  });
  loseExecutionClient();
  expect(await samples()).toMatchObject({ rollup_boost_execution_client_usable: 0 });
});

test("a scrape shows what each wired builder did not get, by the way it should have gone", async () => {
  const { samples, wire } = started();
  expect(await samples()).toMatchObject({ 'rollup_boost_builder_lost_calls_total{builder="alpha",way="lane"}': 0 });
  wire([builder("alpha", "silent", 0, 3)]);
  for (let scrape = 0; scrape < 2; scrape += 1) {
    expect(await samples()).toMatchObject({
      'rollup_boost_builder_lost_calls_total{builder="alpha",way="lane"}': 3,
      'rollup_boost_builder_lost_calls_total{builder="alpha",way="aside"}': 30,
    });
  }
});

test("a builder that is unwired loses its series, and what comes late of it makes none", async () => {
  const { metrics, wire, text } = started();
  metrics.decided(decision);
  wire([builder("alpha", "healthy")]);
  expect(await text()).not.toMatch(/builder="(beta|gamma)"/);
  metrics.decided(decision);
  expect(await text()).not.toMatch(/builder="(beta|gamma)"/);
  expect(await text()).toContain('rollup_boost_builder_blocks_total{builder="alpha"} 2');
});

test("builders that come and go by the thousand leave no series behind", async () => {
  const { metrics, wire, text } = started();
  wire([]);
  const before = (await text()).split("\n").length;
  for (let round = 0; round < 1_000; round += 1) {
    wire([builder(`rbuilder-${round}`, "healthy")]);
    metrics.decided({ ...decision, builders: [{ builder: `rbuilder-${round}`, outcome: "builder_late" }] });
  }
  wire([]);
  expect((await text()).split("\n").length).toBe(before);
});

test.each([
  ["enabled", 3, 1],
  ["dry_run", 2, 0],
  ["disabled", 1, 0],
] as const)("execution mode %s is %d, as rollup-boost numbers and names it", async (mode, number, enabled) => {
  const { metrics, samples } = started();
  metrics.runsIn(mode);
  expect(await samples()).toMatchObject({
    rollup_boost_execution_mode: number,
    rollup_boost_rollup_boost_execution_mode: number,
    rollup_boost_external_building_enabled: enabled,
  });
});
