import { describe, expect, test } from "vitest";
import type { ExecutionPayload } from "../devnet/execution-payload.ts";
import type { Fault } from "../devnet/fault-book.ts";
import { bytesOf } from "../devnet/hex.ts";
import type { PayloadFault } from "../devnet/payload-fault.ts";
import { until } from "../devnet/until.ts";
import { get } from "./http-calls.ts";
import { startWorld, type World } from "./world.ts";

const MIB = 1024 * 1024;

/** The bad builder's blocks would be the fullest, so that it is refused for what it does and not for its rank. */
const twoBuilders = (): Promise<World> =>
  startWorld({
    builders: ["bad", "good"],
    timing: { builderDeadlineMs: 2_000, decisionDeadlineMs: 4_000, graceMs: 250 },
  });

/** One block with the fault in place: it must be the good builder's; what became of the bad one's part in it. */
async function partOfBad(world: World, method: string, fault: Fault & PayloadFault) {
  await until("a block of the builder that will be bad", async () =>
    (await world.builderBlock()).builtBy === "bad" ? true : undefined,
  );
  world.builderNamed("bad").fault(method, fault);
  const block = await world.opNode.buildBlock();
  const decision = await world.lastDecision();
  expect([block.builtBy, decision?.source, decision?.builder]).toEqual(["good", "builder", "good"]);
  expect((await get(`${world.urls.admin}/metrics`)).text).toContain("invariant_violations_total 0");
  return decision?.builders.find(({ builder }) => builder === "bad");
}

const answer = (result: unknown): Fault => ({ body: JSON.stringify({ jsonrpc: "2.0", id: 1, result }) });

const WRONG_ANSWERS: readonly (readonly [string, Fault & PayloadFault, RegExp])[] = [
  ["HTML with HTTP 200", { body: "<html>login</html>" }, /malformed|refused/],
  ["HTTP 500", { httpStatus: 500 }, /refused/],
  ["HTTP 429", { httpStatus: 429 }, /refused/],
  ["an error", { error: { code: -38_001, message: "Unknown payload" } }, /refused/],
  ["an empty body", { body: "" }, /malformed|refused/],
  ["half a body, then a reset", { halfBody: true }, /unreachable/],
  ["nothing, and closes", { drop: true }, /unreachable/],
  ["nothing at all", { hang: true }, /late/],
  ["a byte every 20 ms", { dripEveryMs: 20 }, /late/],
  ["200 MiB", { paddingBytes: 200 * MIB }, /unreachable/],
  ["null", answer(null), /malformed|refused/],
  ["a text", answer("0x00"), /malformed|refused/],
  ["a list", answer([{}]), /malformed|refused/],
  ["a batch", { body: '[{"jsonrpc":"2.0","id":1,"result":{}}]' }, /malformed|refused/],
  ["neither result nor error", { body: '{"jsonrpc":"2.0","id":1}' }, /malformed|refused/],
  ["text nested 20,000 deep", { body: `${"[".repeat(20_000)}${"]".repeat(20_000)}` }, /malformed|refused/],
  ["bytes that are not UTF-8", { body: Buffer.alloc(1_000, 0xff) }, /malformed|refused/],
];

describe("one builder answers getPayload wrongly: the other builder's block is handed out", () => {
  test.each([
    ...WRONG_ANSWERS,
    ["an empty payload", answer({ executionPayload: {} }), /malformed/],
    ["a payload that is a text", answer({ executionPayload: "0x" }), /malformed/],
    ["a hash and a number, and nothing else", { envelope: () => BARE, reseal: "nothing" }, /mismatch|malformed/],
  ] as const)("%s", async (_, fault, outcome) => {
    await using world = await twoBuilders();
    expect((await partOfBad(world, "engine_getPayload*", fault))?.outcome).toMatch(outcome);
  });

  test("a payload for another call's id", async () => {
    await using world = await twoBuilders();
    await world.builderBlock();
    const started = await world.opNode.startBlock();
    const bad = world.builderNamed("bad");
    bad.fault("engine_getPayload*", { body: '{"jsonrpc":"2.0","id":2,"result":{"executionPayload":{}}}' });
    expect((await world.opNode.sealBlock(started)).builtBy).toBe("good");
    expect((await world.lastDecision())?.builders[0]).toMatchObject({ builder: "bad", outcome: "builder_malformed" });
  });
});

const BARE = {
  executionPayload: { blockHash: bytesOf(1, 32), blockNumber: "0x2" },
} as unknown as ReturnType<NonNullable<PayloadFault["envelope"]>>;

describe("one builder answers the FCU wrongly: the other builder's block is handed out", () => {
  const vague = (payloadId: unknown) => answer({ payloadStatus: { status: "VALID" }, payloadId });
  test.each([
    ...WRONG_ANSWERS,
    ["no payload id", vague(null), /declined/],
    ["a payload id that is no id", vague('0x"],"method":"eth_sendRawTransaction'), /refused/],
    ["a list for a payload id", vague(["0x0300000000000000"]), /declined/],
    ["a payload id of 50 KiB", vague(`0x${"a".repeat(50 * 1024)}`), /refused/],
    ["SYNCING", answer({ payloadStatus: { status: "SYNCING" }, payloadId: null }), /syncing/],
  ] as const)("%s", async (_, fault, outcome) => {
    await using world = await twoBuilders();
    const part = await partOfBad(world, "engine_forkchoiceUpdated*", {
      ...fault,
      when: ({ params }) => params[1] !== null,
    });
    expect(part?.outcome).toMatch(outcome);
  });
});

describe("one builder's block is not the one that was asked for: the other builder's is handed out", () => {
  const execution = { reseal: "execution" } as const;
  const changed = (change: (payload: ExecutionPayload) => Partial<ExecutionPayload>): PayloadFault => ({
    payload: (payload) => ({ ...payload, ...change(payload) }),
  });
  test.each([
    ["V-1", "another parent", { ...execution, ...changed(() => ({ parentHash: bytesOf(0xbad, 32) })) }],
    [
      "V-5",
      "another gas limit",
      changed(({ gasLimit }) => ({ gasLimit: `0x${(BigInt(gasLimit) + 1n).toString(16)}` })),
    ],
    ["V-7", "a missing deposit", { ...execution, ...changed((p) => ({ transactions: p.transactions.slice(1) })) }],
    ["V-11", "a blob transaction", changed((p) => ({ transactions: [...p.transactions, "0x03f871"] }))],
    ["V-8", "a withdrawal", changed(() => ({ withdrawals: [{ index: "0x0" }] }))],
  ])("%s: %s", async (detail, _, fault) => {
    await using world = await twoBuilders();
    expect(await partOfBad(world, "engine_getPayload*", fault)).toMatchObject({
      outcome: "attributes_mismatch",
      detail,
    });
  });

  test.each([
    ["a wrong state root", changed(() => ({ stateRoot: bytesOf(0xbad, 32) }))],
    ["a hash that is not its own", { ...changed(() => ({ blockHash: bytesOf(0xbad, 32) })), reseal: "nothing" }],
  ] as const)("the execution client calls it INVALID: %s", async (_, fault) => {
    await using world = await twoBuilders();
    expect(await partOfBad(world, "engine_getPayload*", fault)).toMatchObject({ outcome: "validation_invalid" });
  });
});

test("one builder answers newPayload and FCUs without attributes wrongly: it builds all the same, or the other does", async () => {
  await using world = await twoBuilders();
  await world.builderBlock();
  for (const [, fault] of WRONG_ANSWERS) {
    world.builderNamed("bad").heal();
    world.builderNamed("bad").fault("engine_newPayload*", fault);
    world.builderNamed("bad").fault("engine_forkchoiceUpdated*", {
      ...fault,
      when: ({ params }) => params[1] === null,
    });
    expect((await world.opNode.buildBlock()).builtBy).toMatch(/^(bad|good)$/);
  }
});
