import { expect, test } from "vitest";
import { chainParamsOf, extraDataAsked } from "../../../../proxy/selection/extra-data.ts";
import { attributesOf } from "../kit/block.ts";

const MAX = "18446744073709551615";
const ZEROS = { eip1559Params: "0x0000000000000000" };

test.each([
  ["Jovian: version 1, parameters, minimum base fee", {}, "1000000", "0x01000000fa0000000600000000000f4240"],
  ["Jovian: no minimum", {}, "0", "0x01000000fa000000060000000000000000"],
  ["Jovian: a minimum beyond 2^53", {}, "9007199254740993", "0x01000000fa000000060020000000000001"],
  ["Jovian: the largest minimum", {}, MAX, "0x01000000fa00000006ffffffffffffffff"],
  ["capitals", { eip1559Params: "0x000000FA00000006" }, "0", "0x01000000FA000000060000000000000000"],
])("the attributes ask for this extraData and no other (V-10): %s", (_, change, minBaseFee, expected) => {
  const attributes = attributesOf(change, (text) => text.replace('"minBaseFee":1000000', `"minBaseFee":${minBaseFee}`));
  const asked = extraDataAsked(attributes);
  expect(asked?.test(expected)).toBe(true);
  for (const other of [`${expected}00`, expected.slice(0, -2), expected.replace("0x01", "0x00"), `${expected}\n`]) {
    expect(asked?.test(other), other).toBe(false);
  }
});

test("Holocene: version 0 and the parameters (V-10)", () => {
  const asked = extraDataAsked(attributesOf({ minBaseFee: undefined }));
  expect(asked?.test("0x00000000fa00000006")).toBe(true);
  expect(asked?.test("0x00000000fa00000007")).toBe(false);
});

test("zeros stand for the chain's own parameters: any while they are not known, then no others", () => {
  const attributes = attributesOf(ZEROS);
  const unknown = extraDataAsked(attributes);
  expect(unknown?.test("0x01000000fb0000000600000000000f4240")).toBe(true);
  expect(unknown?.test("0x01000000fb0000000600000000000f4241")).toBe(false);
  expect(unknown?.test("0x00000000fb00000006")).toBe(false);
  const known = extraDataAsked(attributes, chainParamsOf(attributes, "0x01000000FA0000000600000000000f4240"));
  expect(known?.test("0x01000000fa0000000600000000000f4240")).toBe(true);
  expect(known?.test("0x01000000fb0000000600000000000f4240")).toBe(false);
});

test("the chain's own parameters show only where the attributes have zeros", () => {
  expect(chainParamsOf(attributesOf(), "0x01000000fa0000000600000000000f4240")).toBeUndefined();
  expect(chainParamsOf(attributesOf(ZEROS), "0x00000000fa00000006")).toBe("000000fa00000006");
  expect(chainParamsOf(attributesOf(ZEROS), "0x")).toBeUndefined();
});

test.each([
  ["there are none before Holocene", undefined],
  ["they are too short", "0x00fa"],
  ["they are no text", 250],
])("only the execution client knows it where the attributes have no parameters: %s", (_, eip1559Params) => {
  expect(extraDataAsked(attributesOf({ eip1559Params }))).toBeUndefined();
});
