import { expect, test } from "vitest";
import { ByteBudget } from "../../../proxy/servers/byte-budget.ts";

test("all holds together stay below the budget, and what one gives back another may take", () => {
  const budget = new ByteBudget(100);
  const [one, other] = [budget.hold(), budget.hold()];
  expect([one.take(60), other.take(60), other.take(40), one.take(1)]).toEqual([true, false, true, false]);
  one.release();
  one.release();
  expect([budget.held, other.take(60), budget.held]).toEqual([40, true, 100]);
  expect(one.take(0)).toBe(false);
  other.release();
  expect(budget.held).toBe(0);
});
