import { expect, test } from "vitest";
import { BlockDecision } from "../../proxy/contract/status.ts";
import { until } from "../devnet/until.ts";
import { get } from "./http-calls.ts";
import { startWorld, type World } from "./world.ts";

const blocksAt = async (world: World, path: string): Promise<readonly BlockDecision[]> =>
  BlockDecision.array().parse((await get(`${world.urls.admin}${path}`)).json());

const metric = async (world: World, sample: string): Promise<number | undefined> => {
  const { text } = await get(`${world.urls.admin}/metrics`);
  const line = text.split("\n").find((each) => each.startsWith(`${sample} `));
  return line === undefined ? undefined : Number(line.split(" ").at(-1));
};

const THREE = ["alpha", "beta", "gamma"] as const;

/** Builds until all three builders follow the chain. */
async function settle(world: World): Promise<void> {
  for (const name of THREE) world.builderNamed(name).peerWith(world.executionClient);
  await until(
    "three candidates",
    async () => {
      await world.opNode.buildBlock();
      const parts = (await world.lastDecision())?.builders ?? [];
      return parts.every(({ gasUsed }) => gasUsed !== undefined) || undefined;
    },
    15_000,
  );
}

test.concurrent("GET /blocks/{number} tells who was asked, when each answered, what it offered, the verdict, the choice and why", async () => {
  await using world = await startWorld({ builders: THREE });
  await settle(world);
  const result = () => ({ status: "INVALID", latestValidHash: null, validationError: "state root mismatch" });
  world.executionClient.fault("engine_newPayload*", { times: 1, result });
  world.builderNamed("gamma").fault("engine_getPayload*", { times: 1, error: { code: -38_001, message: "Unknown" } });
  const block = await world.opNode.buildBlock();

  const byNumber = await blocksAt(world, `/blocks/${block.number}`);
  const offer = (userTransactions: number) => ({
    answeredMs: expect.any(Number),
    gasUsed: expect.stringMatching(/^\d+$/),
    userTransactions,
    payloadBytes: expect.any(Number),
  });
  expect(byNumber).toEqual([
    {
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      payloadId: block.payloadId,
      blockNumber: block.number,
      blockHash: block.hash,
      source: "builder",
      builder: "beta",
      tookMs: expect.any(Number),
      answered: true,
      executionClient: { answeredMs: expect.any(Number), gasUsed: expect.stringMatching(/^\d+$/) },
      builders: [
        {
          ...offer(4),
          builder: "alpha",
          outcome: "validation_invalid",
          detail: "state root mismatch",
          verdict: "invalid",
          validationMs: expect.any(Number),
        },
        { ...offer(3), builder: "beta", outcome: "chosen", verdict: "valid", validationMs: expect.any(Number) },
        { builder: "gamma", outcome: "builder_refused", detail: "error -38001" },
      ],
    },
  ]);
  for (const path of [`0x${block.number.toString(16)}`, block.hash, `${block.number}/`]) {
    expect(await blocksAt(world, `/blocks/${path}`)).toEqual(byNumber);
  }
  expect((await blocksAt(world, "/blocks")).at(-1)).toEqual(byNumber[0]);
  expect(await metric(world, 'rollup_boost_builder_outcomes_total{builder="gamma",outcome="builder_refused"}')).toBe(1);
  expect(await metric(world, 'rollup_boost_builder_validations_total{builder="alpha",verdict="invalid"}')).toBe(1);
});

test.concurrent("of a block of the execution client it tells the reason and the block's own size", async () => {
  await using world = await startWorld();
  const block = await world.opNode.buildBlock({ noTxPool: true });
  expect(await blocksAt(world, `/blocks/${block.number}`)).toMatchObject([
    {
      source: "execution_client",
      fallbackReason: "no_tx_pool",
      executionClient: { answeredMs: expect.any(Number), userTransactions: 0, payloadBytes: expect.any(Number) },
      builders: [],
    },
  ]);
});

test.concurrent("a block that is not kept is not found", async () => {
  await using world = await startWorld();
  for (const path of ["7", "latest", "0x"]) {
    expect((await get(`${world.urls.admin}/blocks/${path}`)).status).toBe(404);
  }
  expect(await blocksAt(world, "/blocks")).toEqual([]);
});

test.concurrent("a getPayload that is repeated gets the same bytes, is counted, and is no second block", async () => {
  await using world = await startWorld();
  await world.builderBlock();
  const started = await world.opNode.startBlock();
  const first = await world.opNode.sealBlock(started);
  for (let count = 0; count < 3; count += 1) {
    expect((await world.opNode.sealBlock(started)).envelope).toEqual(first.envelope);
  }
  expect(await metric(world, "rollup_boost_repeated_payloads_total")).toBe(3);
  expect(await blocksAt(world, `/blocks/${first.number}`)).toHaveLength(1);
});

test.concurrent("a builder that is unwired leaves /status and /metrics", async () => {
  await using world = await startWorld({ builders: ["alpha", "beta"] });
  await world.opNode.buildBlock();
  expect(await metric(world, 'rollup_boost_builder_blocks_total{builder="beta"}')).toBeDefined();
  await world.push({ builders: world.config().builders.filter(({ name }) => name !== "beta") });
  expect((await get(`${world.urls.admin}/metrics`)).text).not.toContain('builder="beta"');
  expect((await world.status()).builders.map(({ name }) => name)).toEqual(["alpha"]);
});
