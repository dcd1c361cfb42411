import { describe, expect, test } from "vitest";
import type { Verdict } from "../../../../proxy/selection/choose-payload.ts";
import { choosing, DEADLINES, hashOf, OWN, type ScriptedBuilder } from "./choosing.ts";

const INVALID: Verdict = { kind: "not_valid", reason: "validation_invalid", detail: "bad root" };
const three = { alpha: { gasUsed: 70_000 }, beta: { gasUsed: 90_000 }, gamma: { gasUsed: 80_000 } };

test("the best that is VALID makes the block; the others were not needed", async () => {
  const { choice, validated, alarms } = await choosing({ builders: three });
  expect(choice).toMatchObject({ source: "builder", builder: "beta" });
  expect(choice.outcomes.map(({ outcome }) => outcome)).toEqual(["not_needed", "chosen", "not_needed"]);
  expect([validated, alarms]).toEqual([["beta"], 0]);
});

test("the best is not VALID: the next best", async () => {
  const { choice, validated } = await choosing({ builders: three, verdicts: { beta: INVALID } });
  expect(choice).toMatchObject({ source: "builder", builder: "gamma" });
  expect(choice.outcomes[1]).toMatchObject({ outcome: "validation_invalid", detail: "bad root" });
  expect(validated).toEqual(["beta", "gamma"]);
});

test("two validations a job at most: then the execution client's, though a third may be good (F-11)", async () => {
  const { choice, validated } = await choosing({ builders: three, verdicts: { beta: INVALID, gamma: INVALID } });
  expect(choice).toMatchObject({ source: "execution_client", reason: "validation_invalid" });
  expect(validated).toEqual(["beta", "gamma"]);
});

test("a block that two builders give is validated once; the second validation is another block's", async () => {
  const same = { gasUsed: 90_000, payload: { blockHash: hashOf("beta") } };
  const { choice, validated } = await choosing({
    builders: { alpha: same, beta: same, gamma: { gasUsed: 80_000 } },
    verdicts: { beta: INVALID },
  });
  expect(choice).toMatchObject({ source: "builder", builder: "gamma" });
  expect(validated).toEqual(["beta", "gamma"]);
});

test("a builder that puts another's hash on a block of its own does not take the other's block away", async () => {
  const { choice } = await choosing({
    builders: { forger: { gasUsed: 90_000, payload: { blockHash: hashOf("honest") } }, honest: { gasUsed: 70_000 } },
    verdictOf: (block) => (block.includes(`"gasUsed":"0x${(90_000).toString(16)}"`) ? INVALID : undefined),
  });
  expect(choice).toMatchObject({ source: "builder", builder: "honest" });
});

describe("time", () => {
  test("a hung builder delays another's block by the grace time and no more (F-7)", async () => {
    const { choice, atMs } = await choosing({ builders: { alpha: { hangs: true }, beta: { atMs: 10 } } });
    expect(choice).toMatchObject({ source: "builder", builder: "beta" });
    expect(choice.outcomes[0]).toMatchObject({ outcome: "builder_late", detail: "after the grace time" });
    expect(atMs).toBe(40);
  });

  test("a better block that comes within the grace time wins, a later one does not", async () => {
    const within = { alpha: { atMs: 10 }, beta: { atMs: 39, gasUsed: 90_000 } };
    expect((await choosing({ builders: within })).choice).toMatchObject({ builder: "beta" });
    const after = { alpha: { atMs: 10 }, beta: { atMs: 41, gasUsed: 90_000 } };
    expect((await choosing({ builders: after })).choice).toMatchObject({ builder: "alpha" });
  });

  test("a refused answer begins no grace time: the slow good builder is waited for", async () => {
    const builders: Record<string, ScriptedBuilder> = { alpha: { payload: { gasLimit: "0x1" } }, beta: { atMs: 190 } };
    const { choice } = await choosing({ builders });
    expect(choice).toMatchObject({ source: "builder", builder: "beta" });
    expect(choice.outcomes[0]).toMatchObject({ outcome: "attributes_mismatch", detail: "V-5" });
  });

  test("nobody answers: the execution client's at builderDeadlineMs, sixteen as one (F-7)", async () => {
    const builders = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`b${i}`, { hangs: true }]));
    const { choice, atMs, alarms } = await choosing({ builders });
    expect(choice).toMatchObject({ source: "execution_client", reason: "builder_late" });
    expect([atMs, choice.outcomes.length, alarms]).toEqual([DEADLINES.builder.atMs, 16, 0]);
  });

  test("validation hangs: the choice ends at decisionDeadlineMs", async () => {
    const { choice, atMs } = await choosing({ builders: { alpha: { atMs: 100 } }, validationMs: 10_000 });
    expect(choice).toMatchObject({ source: "execution_client", reason: "validation_late" });
    expect(atMs).toBe(DEADLINES.decision.atMs);
  });

  test("measured times say that a validation cannot end in time: none is begun", async () => {
    const { choice, validated } = await choosing({ builders: { alpha: { atMs: 190 } }, measuredMs: 400 });
    expect(choice).toMatchObject({ source: "execution_client", reason: "validation_late" });
    expect(choice).toMatchObject({ detail: "no time left by measured validations" });
    expect(validated).toEqual([]);
  });

  test("the first validation took the time of the second: it is not begun", async () => {
    const { choice, validated, atMs } = await choosing({
      builders: three,
      verdicts: { beta: INVALID },
      validationMs: 300,
      measuredMs: 300,
    });
    expect(choice).toMatchObject({ source: "execution_client", reason: "validation_late" });
    expect([validated, atMs]).toEqual([["beta"], 300]);
  });
});

describe("the execution client's own payload", () => {
  test.each([0, 350])("is slow: a good candidate is validated all the same, with validations of %i ms", async (ms) => {
    const { choice, atMs } = await choosing({
      builders: { alpha: { atMs: 5 } },
      ownAtMs: undefined,
      measuredMs: ms,
      validationMs: ms,
    });
    expect(choice).toMatchObject({ source: "builder", builder: "alpha" });
    expect(atMs).toBeLessThan(DEADLINES.decision.atMs);
  });

  test("comes after the builder's: the nearly empty block is refused all the same (V-16)", async () => {
    const { choice, validated } = await choosing({
      builders: { alpha: { gasUsed: 5_999 } },
      selection: { minGasUsedPercent: 10 },
      ownAtMs: 150,
    });
    expect(choice).toMatchObject({ source: "execution_client", reason: "nearly_empty", detail: "V-16" });
    expect(validated).toEqual([]);
  });

  test.each([
    ["the base fee (V-13)", { payload: { baseFeePerGas: "0x1" } }],
    ["nearly empty (V-16)", { gasUsed: 1 }],
  ])(
    "does not come in time: what is compared with it alone is left out, as liveness goes first: %s",
    async (_, alpha) => {
      const selection = { minGasUsedPercent: 10 };
      expect((await choosing({ builders: { alpha }, selection })).choice.source).toBe("execution_client");
      const { choice, validated } = await choosing({ builders: { alpha }, selection, ownAtMs: undefined });
      expect(choice).toMatchObject({ source: "builder", builder: "alpha" });
      expect(validated).toEqual(["alpha"]);
    },
  );

  test.each([
    ["V-10", { ...OWN, extraData: "0x01000000fa0000000600000000000f4241" }],
    ["V-13", { ...OWN, baseFeePerGas: "0xf4241" }],
  ])("has another value where all must be equal: %s", async (detail, own) => {
    expect((await choosing({ builders: { alpha: {} }, own })).choice).toMatchObject({
      source: "execution_client",
      reason: "attributes_mismatch",
      detail,
    });
  });
});

test.each([
  ["before", () => [hashOf("beta")], ["gamma"]],
  [
    "while it was validated",
    (validated: readonly string[]) => (validated.length > 0 ? [hashOf("beta")] : []),
    ["beta", "gamma"],
  ],
])("a block handed out for another id %s is not chosen, the next best is (V-14)", async (_, handedOut, validations) => {
  const { choice, validated } = await choosing({ builders: three, handedOut });
  expect(choice).toMatchObject({ source: "builder", builder: "gamma" });
  expect(choice.outcomes[1]).toMatchObject({ outcome: "repeated_block", detail: "V-14" });
  expect(validated).toEqual(validations);
});

test("a fault of our own while one answer is read costs that builder's block only, and is told", async () => {
  const { choice, faults } = await choosing({ builders: { alpha: { throws: true }, beta: {} } });
  expect(choice).toMatchObject({ source: "builder", builder: "beta" });
  expect(choice.outcomes[0]).toMatchObject({ outcome: "builder_malformed" });
  expect(faults).toHaveLength(1);
});

test("all bad, each in its own way: the execution client's, with the reason of the one that came furthest", async () => {
  const { choice, validated } = await choosing({
    builders: {
      alpha: { hangs: true },
      beta: { payload: { gasLimit: "0x1" } },
      gamma: { reply: { kind: "no_payload", reason: "builder_syncing", detail: undefined } },
      delta: { payload: { logsBloom: 7 } },
    },
  });
  expect(choice).toMatchObject({ source: "execution_client", reason: "attributes_mismatch", detail: "V-5" });
  expect(choice.outcomes.map(({ outcome }) => outcome)).toEqual([
    "builder_late",
    "attributes_mismatch",
    "builder_syncing",
    "builder_malformed",
  ]);
  expect(validated).toEqual([]);
});

test.each([
  ["SYNCING", { kind: "not_valid", reason: "validation_undecided", detail: "SYNCING" }],
  ["an error", { kind: "not_valid", reason: "validation_failed", detail: undefined }],
] as const)("the execution client answers %s to the best: the next best is tried", async (_, verdict) => {
  const { choice } = await choosing({ builders: three, verdicts: { beta: verdict } });
  expect(choice).toMatchObject({ source: "builder", builder: "gamma" });
});
