import { describe, expect, test } from "vitest";
import { sealForged } from "./builder-answers.ts";
import { startWorld } from "./world.ts";

/** `"gasUsed":"0x1"` to `"gasUsed":"0x1","GasUsed":"0x0"` and the like. */
const beside = (field: string, forged: string) => (honest: string) =>
  honest.replace(new RegExp(`("${field}":"[^"]*")`), `$1,${forged}`);

describe("a payload that two readers could understand differently is not handed out", () => {
  test.each([
    ["a key twice", beside("gasUsed", '"gasUsed":"0x0"')],
    ["a key twice, in another case", beside("blockHash", '"BlockHash":"0x00"')],
    ["a key twice, in the envelope", beside("parentBeaconBlockRoot", '"parentbeaconblockroot":"0x00"')],
    ["a payload twice", (honest: string) => honest.replace('"blockValue"', '"ExecutionPayload":{},"blockValue"')],
    ["an escaped key", (honest: string) => honest.replace('"gasUsed"', '"gas\\u0055sed"')],
    ["a key that Go folds to another", beside("stateRoot", '"\u017ftateRoot":"0x00"')],
    ["unsound JSON beside the payload", beside("blockValue", '"x":"\\q"')],
    ["a control character beside the payload", beside("blockValue", '"x":"\n"')],
    ["something behind the answer", (honest: string) => `${honest}{}`],
    ["its end missing", (honest: string) => honest.slice(0, -1)],
    ["an error beside the payload", (honest: string) => honest.replace('"result"', '"error":{"code":1},"result"')],
  ])("%s", async (_, forge) => {
    await using world = await startWorld();
    const { sealed } = await sealForged(world, forge);
    expect(sealed.builtBy).toBe("op-geth");
    expect(await world.lastDecision()).toMatchObject({ source: "execution_client", answered: true });
    expect((await world.status()).lastDecisions.at(-1)?.fallbackReason).toMatch(/^builder_(malformed|refused)$/);
    expect(world.executionClient.calls("engine_newPayload*")).toEqual([]);
  });
});

describe("a payload that the execution client takes and op-node's decoder refuses would cost the whole block", () => {
  test.each([
    [
      "a quantity with a leading zero",
      (honest: string) => honest.replace('"gasLimit":"0x', '"gasLimit":"0x0'),
      "builder_malformed",
    ],
    ["an escape in a transaction", (honest: string) => honest.replace('"0x02', '"0x0\\u0032'), "attributes_mismatch"],
    [
      "an escape far inside a transaction",
      (honest: string) => honest.replace(/0"\],"withdrawals"/, '\\u0030"],"withdrawals"'),
      "builder_malformed",
    ],
    [
      "an escape in a hash",
      (honest: string) => honest.replace('"stateRoot":"0x', '"stateRoot":"0\\u0078'),
      "builder_malformed",
    ],
  ])("%s", async (_, forge, fallbackReason) => {
    await using world = await startWorld();
    const { sealed } = await sealForged(world, forge);
    expect(sealed.builtBy).toBe("op-geth");
    expect(await world.lastDecision()).toMatchObject({ fallbackReason });
  });
});

test("a deposit at the end, spelt with an escape, is seen (V-7)", async () => {
  await using world = await startWorld();
  const { sealed } = await sealForged(world, (honest) =>
    honest.replace('"],"withdrawals"', '","0x\\u0037e00"],"withdrawals"'),
  );
  expect(sealed.builtBy).toBe("op-geth");
  expect(await world.lastDecision()).toMatchObject({ fallbackReason: "attributes_mismatch", detail: "V-7" });
});
